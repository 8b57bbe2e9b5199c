# expect: time
"""One operation in C that takes for ever and holds the interpreter."""

import itertools
import sys

print("attempted", file=sys.stderr, flush=True)
all(itertools.repeat(True))


def double(numbers):
    return [2 * number for number in numbers]
