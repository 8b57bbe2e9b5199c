# expect: error, output, memory
# exercise: roomy
"""An exception whose message has fifty million characters."""

import sys


def double(numbers):
    print("attempted", file=sys.stderr, flush=True)
    raise ValueError("x" * 50_000_000)
