# expect: time
"""A loop without end."""

import sys


def double(numbers):
    print("attempted", file=sys.stderr, flush=True)
    while True:
        pass
