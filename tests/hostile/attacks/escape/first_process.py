# expect: passed
# exercise: roomy
# own kernel grants: a descriptor of the host
"""Secrets and descriptors of process one, and of every other."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline"):
        try:
            text = open(f"/proc/{pid}/{name}", "rb").read()
        except OSError:
            continue
        for secret in (b"DATABASE_URL", b"REDIS_URL", b"SECRET", b"PASSWORD", b"TOKEN=", b"docker.sock"):
            if secret in text:
                print("ESCAPED", pid, name, secret)
    if pid != str(os.getpid()):
        try:
            with open(f"/proc/{pid}/root/etc/hostname") as file:
                if file.read().strip() != open("/etc/hostname").read().strip():
                    print("ESCAPED into another root")
        except OSError:
            pass
    for fd in range(100):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if not target.startswith(("pipe:", "/dev/null", "socket:", "anon_inode:", "/proc", os.getcwd(), "/")):
            print("ESCAPED", "a descriptor of the host" if target.startswith("host:") else target)


def double(numbers):
    return [2 * number for number in numbers]
