# expect: passed, time, error
"""Stop whoever supervises, and ignore being asked to end."""

import os
import signal
import sys

print("attempted", file=sys.stderr, flush=True)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.kill(os.getppid(), signal.SIGSTOP)
os.kill(1, signal.SIGSTOP)


def double(numbers):
    return [2 * number for number in numbers]
