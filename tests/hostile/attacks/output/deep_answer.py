# expect: error, failed
# exercise: roomy
"""An answer nested deeper than anybody would follow."""

import sys


def double(numbers):
    print("attempted", file=sys.stderr, flush=True)
    answer = []
    for _ in range(100_000):
        answer = [answer]
    return answer
