# expect: time
"""Patch every clock of Python to stand still, then take for ever."""

import sys
import time

print("attempted", file=sys.stderr, flush=True)
for name in ("time", "monotonic", "perf_counter", "process_time", "time_ns", "monotonic_ns"):
    setattr(time, name, lambda: 0)
really_sleep, time.sleep = time.sleep, lambda seconds: None
while True:
    really_sleep(1)


def double(numbers):
    return [2 * number for number in numbers]
