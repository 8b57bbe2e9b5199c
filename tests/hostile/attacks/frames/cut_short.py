# expect: error
# exercise: roomy
"""Half a frame, and the end."""

import os
import struct
import sys

import __main__

print("attempted", file=sys.stderr, flush=True)
_, writer = __main__.CHANNEL
os.write(writer, struct.pack(">I", 100) + b"x" * 10)
os._exit(0)


def double(numbers):
    return [2 * number for number in numbers]
