# expect: passed, memory, error, time
# exercise: roomy
"""Mappings until there are no more."""

import mmap
import sys

print("attempted", file=sys.stderr, flush=True)
kept = []
try:
    for number in range(1_000_000):
        kept.append(mmap.mmap(-1, 4096, prot=mmap.PROT_READ if number % 2 else mmap.PROT_READ | mmap.PROT_WRITE))
except OSError:
    kept.clear()


def double(numbers):
    return [2 * number for number in numbers]
