# expect: time
"""Ignore and block every signal that can be, and sleep."""

import signal
import sys
import time

print("attempted", file=sys.stderr, flush=True)
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.Signals)
while True:
    time.sleep(100)


def double(numbers):
    return [2 * number for number in numbers]
