# expect: passed, error
# exercise: roomy
"""Ten terabytes of addresses, none of them used."""

import mmap
import sys

print("attempted", file=sys.stderr, flush=True)
kept = mmap.mmap(-1, 10 * 2**40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)


def double(numbers):
    return [2 * number for number in numbers]
