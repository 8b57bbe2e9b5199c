# expect: error, failed
# exercise: roomy
"""Right answers to the sample, and guesses, all sent at once."""

import os
import struct
import sys

import values

import __main__

print("attempted", file=sys.stderr, flush=True)
_, writer = __main__.CHANNEL
for value in ({"status": "loaded", "missing": []}, *({"status": "answered", "value": [2, 4, 6]},) * 10):
    frame = values.encode(value)
    os.write(writer, struct.pack(">I", len(frame)) + frame)


def double(numbers):
    os._exit(0)
