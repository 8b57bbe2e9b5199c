# expect: passed, error
# exercise: roomy
"""Children that end and are never waited for."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
for _ in range(1000):
    if os.fork() == 0:
        os._exit(0)


def double(numbers):
    return [2 * number for number in numbers]
