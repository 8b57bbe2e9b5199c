# expect: time, error
"""A timer that fires a hundred thousand times a second."""

import signal
import sys

print("attempted", file=sys.stderr, flush=True)
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.00001, 0.00001)
while True:
    pass


def double(numbers):
    return [2 * number for number in numbers]
