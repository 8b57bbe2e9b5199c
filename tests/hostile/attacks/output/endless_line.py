# expect: output
# exercise: roomy
"""One line without end."""

import sys

print("attempted", file=sys.stderr, flush=True)
while True:
    print("a" * 1000, end="")


def double(numbers):
    return [2 * number for number in numbers]
