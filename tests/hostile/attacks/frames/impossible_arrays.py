# expect: error, failed
# exercise: roomy
"""Arrays whose size overflows, is negative, or is not there."""

import os
import struct
import sys

import values

import __main__

print("attempted", file=sys.stderr, flush=True)
_, writer = __main__.CHANNEL
honest = bytes(values.encode({"status": "answered", "value": [2, 4, 6]}))
for at in range(len(honest)):
    frame = honest[:at] + b"\xff" * 8 + honest[at + 8 :]
    os.write(writer, struct.pack(">I", len(frame)) + frame)


def double(numbers):
    return [2 * number for number in numbers]
