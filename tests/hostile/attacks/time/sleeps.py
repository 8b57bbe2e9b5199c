# expect: time
"""Sleep for ever."""

import sys
import time

print("attempted", file=sys.stderr, flush=True)
time.sleep(10**6)


def double(numbers):
    return [2 * number for number in numbers]
