# expect: error
# exercise: roomy
"""An exception that cannot be printed."""

import sys


class Trap(Exception):
    def __str__(self):
        raise self

    __repr__ = __str__


def double(numbers):
    print("attempted", file=sys.stderr, flush=True)
    raise Trap
