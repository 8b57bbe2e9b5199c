# expect: passed, error
# exercise: roomy
"""Every signal to the parent, to process one and to all."""

import os
import signal
import sys

print("attempted", file=sys.stderr, flush=True)
for target in (os.getppid(), 1, -1):
    for number in sorted(set(signal.Signals) - {signal.SIGKILL}) + [signal.SIGKILL]:
        try:
            os.kill(target, number)
        except OSError:
            pass


def double(numbers):
    return [2 * number for number in numbers]
