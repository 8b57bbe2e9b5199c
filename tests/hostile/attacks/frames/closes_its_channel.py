# expect: error, time
"""No channel, no log, no input."""

import os
import sys

import __main__

print("attempted", file=sys.stderr, flush=True)
reader, writer = __main__.CHANNEL
for fd in (0, 1, reader, writer):
    os.close(fd)
while True:
    pass


def double(numbers):
    return [2 * number for number in numbers]
