# expect: time
"""One operation in C that takes for ever and holds the interpreter."""

import sys

print("attempted", file=sys.stderr, flush=True)
2**10**10


def double(numbers):
    return [2 * number for number in numbers]
