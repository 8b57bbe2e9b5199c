# expect: memory, error
# exercise: roomy
"""One allocation larger than the machine."""

import sys

print("attempted", file=sys.stderr, flush=True)
kept = [0] * 10**12


def double(numbers):
    return [2 * number for number in numbers]
