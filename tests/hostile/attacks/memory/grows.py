# expect: memory
# exercise: roomy
"""More and more memory, all of it touched."""

import sys

print("attempted", file=sys.stderr, flush=True)
kept = []
while True:
    kept.append(bytearray(b"x" * 5_000_000))


def double(numbers):
    return [2 * number for number in numbers]
