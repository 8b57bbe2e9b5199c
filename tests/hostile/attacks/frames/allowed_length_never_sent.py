# expect: time, error
"""A frame announced and never sent."""

import os
import struct
import sys

import __main__

print("attempted", file=sys.stderr, flush=True)
_, writer = __main__.CHANNEL
os.write(writer, struct.pack(">I", 1_000_000) + b"x" * 10)
while True:
    pass


def double(numbers):
    return [2 * number for number in numbers]
