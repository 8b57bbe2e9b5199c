# expect: error
# exercise: roomy
"""Text in place of frames."""

import os
import sys

import __main__

print("attempted", file=sys.stderr, flush=True)
_, writer = __main__.CHANNEL
os.write(writer, b"check: pass\n" * 100)


def double(numbers):
    return [2 * number for number in numbers]
