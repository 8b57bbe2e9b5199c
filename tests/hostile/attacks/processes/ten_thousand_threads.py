# expect: error
# exercise: roomy
# own kernel ends: memory
"""Start threads until there are no more."""

import sys
import threading
import time

print("attempted", file=sys.stderr, flush=True)
for _ in range(10_000):
    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()


def double(numbers):
    return [2 * number for number in numbers]
