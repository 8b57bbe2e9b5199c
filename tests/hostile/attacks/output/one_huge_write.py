# expect: output, memory, error
# exercise: roomy
"""A hundred megabytes at once."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
os.write(2, b"x" * 100_000_000)
while True:
    os.write(1, b"x" * 1_000_000)


def double(numbers):
    return [2 * number for number in numbers]
