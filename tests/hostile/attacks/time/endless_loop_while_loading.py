# expect: time
"""The file itself never ends."""

import sys

print("attempted", file=sys.stderr, flush=True)
while True:
    pass


def double(numbers):
    return [2 * number for number in numbers]
