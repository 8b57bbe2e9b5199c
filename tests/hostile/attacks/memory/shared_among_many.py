# expect: memory, error, passed
# exercise: roomy
"""Twenty processes, each within the limit, all together far beyond it: the kernel may kill only some of them."""

import os
import sys
import time

print("attempted", file=sys.stderr, flush=True)
for _ in range(20):
    if os.fork() == 0:
        kept = bytearray(b"x" * 60_000_000)
        time.sleep(100)
        os._exit(0)
kept = bytearray(b"x" * 60_000_000)
time.sleep(1.5)


def double(numbers):
    return [2 * number for number in numbers]
