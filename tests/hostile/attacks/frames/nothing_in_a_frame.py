# expect: error
# exercise: roomy
"""A frame of no bytes."""

import os
import struct
import sys

import __main__

print("attempted", file=sys.stderr, flush=True)
_, writer = __main__.CHANNEL
os.write(writer, struct.pack(">I", 0))


def double(numbers):
    return [2 * number for number in numbers]
