# expect: passed
# exercise: roomy
# own kernel grants: unshare mount, clone mount, unshare user, unshare pid, unshare net, clone net, umount or chroot
"""New namespaces, old ones, mounts, another root."""

import ctypes
import os
import sys

print("attempted", file=sys.stderr, flush=True)
libc = ctypes.CDLL(None, use_errno=True)
NEW = {"mount": 0x20000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000}
for name, flag in NEW.items():
    if libc.unshare(flag) == 0:
        print("ESCAPED unshare", name)
    child = libc.syscall(56 if os.uname().machine == "x86_64" else 220, flag | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    if child > 0:
        print("ESCAPED clone", name)
for name in os.listdir("/proc/self/ns"):
    try:
        if libc.setns(os.open("/proc/1/ns/" + name, os.O_RDONLY), 0) == 0:
            print("ESCAPED setns", name)
    except OSError:
        pass
mounts = [
    (b"none", b"/tmp", b"tmpfs", 0),
    (b"/", b"/tmp", None, 0x1000),
    (None, b"/", None, 0x20),
    (b"x", b"/tmp", b"proc", 0),
]
mounts += [(None, b"/", None, 0x26)]
for source, target, kind, flags in mounts:
    if libc.mount(source, target, kind, flags, None) == 0:
        print("ESCAPED mount", target, kind)
if libc.umount2(b"/proc", 2) == 0 or libc.chroot(b"/tmp") == 0:
    print("ESCAPED umount or chroot")
for number in (155, 428, 429, 430, 432, 442):  # pivot_root and the new mount calls
    if libc.syscall(number if number != 155 or os.uname().machine == "x86_64" else 41, 0, 0, 0, 0, 0) >= 0:
        print("ESCAPED call", number)


def double(numbers):
    return [2 * number for number in numbers]
