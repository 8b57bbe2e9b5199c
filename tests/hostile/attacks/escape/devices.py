# expect: passed
# exercise: roomy
# own kernel grants: /dev/fuse, /dev/net/tun, mknod 1 1
"""Disks, memory, graphics cards, virtual machines."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
HARMLESS = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"}
for folder, _, names in os.walk("/dev"):
    for name in names:
        path = os.path.join(folder, name)
        if (
            name in HARMLESS
            or os.path.islink(path)
            or folder.startswith(("/dev/fd", "/dev/pts", "/dev/shm", "/dev/mqueue"))
        ):
            continue
        try:
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            print("ESCAPED", path)
        except OSError:
            pass
for major, minor in ((1, 1), (8, 0), (10, 232), (195, 0), (254, 0)):
    try:
        os.mknod("device", 0o060666, os.makedev(major, minor))
        print("ESCAPED mknod", major, minor)
    except OSError:
        pass


def double(numbers):
    return [2 * number for number in numbers]
