# expect: time
"""Every call stays within its own limit; all together do not."""

import sys
import time


def double(numbers):
    print("attempted", file=sys.stderr, flush=True)
    time.sleep(1.2)
    return [2 * number for number in numbers]
