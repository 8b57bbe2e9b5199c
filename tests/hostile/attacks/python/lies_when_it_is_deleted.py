# expect: passed, error
# exercise: roomy
"""Code that runs when everything is over."""

import atexit
import os
import sys
import threading

print("attempted", file=sys.stderr, flush=True)


class Last:
    def __del__(self):
        os.write(2, b"the last word\n" * 10)


kept = Last()
atexit.register(lambda: [os.fork() for _ in range(3)])
threading.Thread(target=lambda: __import__("time").sleep(100)).start()


def double(numbers):
    return [2 * number for number in numbers]
