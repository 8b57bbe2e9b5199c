# expect: output
# exercise: roomy
"""Flood one stream from a thread while the other is full."""

import os
import sys
import threading

print("attempted", file=sys.stderr, flush=True)


def flood(fd):
    while True:
        os.write(fd, b"x" * 10_000)


threading.Thread(target=flood, args=(1,), daemon=True).start()
flood(2)


def double(numbers):
    return [2 * number for number in numbers]
