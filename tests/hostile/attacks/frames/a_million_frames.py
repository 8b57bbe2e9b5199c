# expect: error, time, output
"""Frames that nobody asked for, without end."""

import os
import struct
import sys

import __main__

print("attempted", file=sys.stderr, flush=True)
_, writer = __main__.CHANNEL
while True:
    os.write(writer, struct.pack(">I", 1) + b"x")


def double(numbers):
    return [2 * number for number in numbers]
