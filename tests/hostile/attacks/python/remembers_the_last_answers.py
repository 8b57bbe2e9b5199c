# expect: failed
# exercise: roomy
"""The answer of the case before, for every case."""

import sys

print("attempted", file=sys.stderr, flush=True)
seen = [[2, 4, 6]]


def double(numbers):
    seen.append([2 * number for number in numbers])
    return seen[-2]
