# expect: failed
# exercise: torch
"""Change the arguments in place and hand them back."""

import sys

print("attempted", file=sys.stderr, flush=True)


def double(numbers):
    numbers.zero_()
    return numbers
