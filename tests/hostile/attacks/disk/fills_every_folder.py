# expect: error, memory
# exercise: roomy
"""Write to the home until it is full, and go on."""

import sys

print("attempted", file=sys.stderr, flush=True)
with open("big", "wb") as file:
    while True:
        file.write(b"x" * 1_000_000)


def double(numbers):
    return [2 * number for number in numbers]
