# expect: passed
# exercise: roomy
"""A file of a petabyte that is nearly empty."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
try:
    with open("sparse", "wb") as file:
        os.truncate(file.fileno(), 2**50)
        file.write(b"a petabyte of nothing takes no room")
except OSError:
    pass


def double(numbers):
    return [2 * number for number in numbers]
