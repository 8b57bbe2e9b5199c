# expect: error
# exercise: roomy
"""A stack without end."""

import sys

print("attempted", file=sys.stderr, flush=True)
sys.setrecursionlimit(10**9)


class Deep:
    def __repr__(self):
        return repr(self)


def dive():
    return [*map(lambda _: dive(), [0])]  # noqa: C417  (each level has to use the stack of C)


dive()


def double(numbers):
    return [2 * number for number in numbers]
