# expect: passed
# exercise: roomy
# own kernel grants: syslog, io_setup
"""The parts of the kernel that attacks like best."""

import ctypes
import platform
import sys

print("attempted", file=sys.stderr, flush=True)
libc = ctypes.CDLL(None, use_errno=True)
column = {"x86_64": 0, "aarch64": 1}[platform.machine()]
CALLS = {
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "keyctl": (250, 219),
    "request_key": (249, 218),
    "kcmp": (312, 272),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    "init_module": (175, 105),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "acct": (163, 89),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "personality": (135, 92),
    "move_pages": (279, 239),
    "seccomp": (317, 277),
    "memfd_secret": (447, 447),
    "io_setup": (206, 0),
}
arguments = {"personality": (0x0040000,), "syslog": (3, ctypes.create_string_buffer(100), 100)}
buffer = ctypes.create_string_buffer(256)
for name, numbers in CALLS.items():
    if libc.syscall(numbers[column], *arguments.get(name, (0, buffer, 0, 0, 0))) >= 0:
        print("ESCAPED", name)


def double(numbers):
    return [2 * number for number in numbers]
