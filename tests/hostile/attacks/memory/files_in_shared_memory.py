# expect: memory, error
# exercise: roomy
"""Fill /dev/shm, and every other memory that belongs to no process."""

import ctypes
import os
import sys

print("attempted", file=sys.stderr, flush=True)
libc = ctypes.CDLL(None, use_errno=True)
for _ in range(20):
    if libc.shmget(0, 50_000_000, 0o1600) >= 0:
        print("made a segment")
    if hasattr(os, "memfd_create"):
        try:
            fd = os.memfd_create("kept")
            for _ in range(50):
                os.write(fd, b"x" * 1_000_000)
        except OSError:
            pass
with open("/dev/shm/kept", "wb") as file:
    while True:
        file.write(b"x" * 1_000_000)


def double(numbers):
    return [2 * number for number in numbers]
