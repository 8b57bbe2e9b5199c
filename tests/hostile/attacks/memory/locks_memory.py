# expect: passed
# exercise: roomy
"""Keep memory from being swapped out."""

import ctypes
import sys

print("attempted", file=sys.stderr, flush=True)
libc = ctypes.CDLL(None)
buffer = ctypes.create_string_buffer(1_000_000)
if libc.mlock(buffer, 1_000_000) == 0 or libc.mlockall(3) == 0:
    print("ESCAPED mlock")


def double(numbers):
    return [2 * number for number in numbers]
