# expect: time
"""As many processes as there may be, all busy."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
for _ in range(60):
    try:
        if os.fork() == 0:
            break
    except OSError:
        break
while True:
    pass


def double(numbers):
    return [2 * number for number in numbers]
