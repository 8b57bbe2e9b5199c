# expect: time
"""Stop for ever."""

import os
import signal
import sys

print("attempted", file=sys.stderr, flush=True)
os.kill(os.getpid(), signal.SIGSTOP)


def double(numbers):
    return [2 * number for number in numbers]
