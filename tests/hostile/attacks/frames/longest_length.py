# expect: error, output
# exercise: roomy
"""A frame that says it has four gigabytes."""

import os
import sys

import __main__

print("attempted", file=sys.stderr, flush=True)
_, writer = __main__.CHANNEL
os.write(writer, b"\xff" * 1000)


def double(numbers):
    return [2 * number for number in numbers]
