# expect: passed
# exercise: roomy
"""Set the clock of the machine."""

import ctypes
import sys
import time

print("attempted", file=sys.stderr, flush=True)
try:
    time.clock_settime(time.CLOCK_REALTIME, 0)
    print("ESCAPED clock_settime")
except OSError:
    pass
if ctypes.CDLL(None).settimeofday(ctypes.create_string_buffer(16), None) == 0:
    print("ESCAPED settimeofday")


def double(numbers):
    return [2 * number for number in numbers]
