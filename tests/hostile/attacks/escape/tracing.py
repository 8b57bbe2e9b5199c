# expect: passed
# exercise: roomy
# own kernel grants: ptrace child, traceme
"""Read and change another process."""

import ctypes
import os
import sys
import time

print("attempted", file=sys.stderr, flush=True)
libc = ctypes.CDLL(None, use_errno=True)
child = os.fork()
if child == 0:
    time.sleep(30)
    os._exit(0)
for name, target in {"child": child, "parent": os.getppid(), "first": 1}.items():
    if libc.ptrace(16, target, 0, 0) == 0 or libc.ptrace(0x4206, target, 0, 0) == 0:
        print("ESCAPED ptrace", name)
    buffer = ctypes.create_string_buffer(8)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    if libc.process_vm_readv(target, vector, 1, vector, 1, 0) > 0:
        print("ESCAPED process_vm_readv", name)
traced = os.fork()
if traced == 0:
    if libc.ptrace(0, 0, 0, 0) == 0:
        print("ESCAPED traceme", flush=True)
    os._exit(0)
os.waitpid(traced, 0)
try:
    if libc.syscall(438, os.pidfd_open(child), 1, 0) >= 0:
        print("ESCAPED pidfd_getfd")
except OSError:
    pass
os.kill(child, 9)


def double(numbers):
    return [2 * number for number in numbers]
