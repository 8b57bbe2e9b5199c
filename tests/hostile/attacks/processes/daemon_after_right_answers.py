# expect: passed
# exercise: roomy
"""Answer rightly, and leave a daemon behind that holds every pipe and never ends."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            pass
    os._exit(0)


def double(numbers):
    return [2 * number for number in numbers]
