# expect: time, error, memory
"""Fork for ever, in every child too."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
while True:
    try:
        os.fork()
    except OSError:
        pass


def double(numbers):
    return [2 * number for number in numbers]
