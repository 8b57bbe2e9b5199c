# expect: error
# exercise: roomy
"""A crash that would leave a large core."""

import ctypes
import resource
import sys

print("attempted", file=sys.stderr, flush=True)
try:
    resource.setrlimit(resource.RLIMIT_CORE, (10**9, 10**9))
    print("ESCAPED a limit for cores")
except (OSError, ValueError):
    pass
kept = b"x" * 50_000_000
ctypes.string_at(0)


def double(numbers):
    return [2 * number for number in numbers]
