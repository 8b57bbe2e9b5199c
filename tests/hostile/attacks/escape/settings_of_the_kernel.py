# expect: passed
# exercise: roomy
"""Change what the kernel does for everybody, read what it tells nobody."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
PATHS = [
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/vm/drop_caches",
    "/proc/sysrq-trigger",
]
PATHS += [
    "/proc/sys/kernel/hostname",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/fs/binfmt_misc/register",
    "/proc/1/oom_score_adj",
]
PATHS += [
    "/proc/self/exe",
    "/proc/self/uid_map",
    "/sys/kernel/uevent_helper",
    "/sys/power/state",
    "/proc/pressure/memory",
]
for path in PATHS:
    try:
        fd = os.open(path, os.O_WRONLY)
        os.write(fd, b"1")
        if os.stat(path).st_rdev != os.makedev(1, 3):  # the null device lies over some
            print("ESCAPED", path)
        os.close(fd)
    except OSError:
        pass
for path in ("/proc/kcore", "/proc/keys", "/proc/kallsyms", "/proc/timer_list", "/proc/sched_debug", "/proc/kmsg"):
    try:
        text = open(path, "rb").read(10_000)
        if text.strip() and not all(line.startswith(b"0000000000000000") for line in text.splitlines()[:-1]):
            print("ESCAPED", path)
    except OSError:
        pass


def double(numbers):
    return [2 * number for number in numbers]
