# expect: output, memory, error, failed
# exercise: roomy
"""An answer far larger than any right one."""

import sys


def double(numbers):
    print("attempted", file=sys.stderr, flush=True)
    return b"x" * 50_000_000
