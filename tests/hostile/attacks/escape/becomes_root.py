# expect: passed
# exercise: roomy
"""Another user, capabilities, programs that run as root."""

import ctypes
import os
import subprocess
import sys

print("attempted", file=sys.stderr, flush=True)
for name, attempt in {
    "setuid": lambda: os.setuid(0),
    "setgid": lambda: os.setgid(0),
    "setresuid": lambda: os.setresuid(0, 0, 0),
    "setgroups": lambda: os.setgroups([0]),
    "chown": lambda: os.chown("solution.py", 0, 0),
}.items():
    try:
        attempt()
        print("ESCAPED", name)
    except OSError:
        pass
libc = ctypes.CDLL(None)
header, wanted = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
if libc.capset(header, wanted) == 0:
    print("ESCAPED capset")
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
GET_NO_NEW_PRIVS = 39
may_gain = libc.prctl(GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1
if int(status["CapEff"], 16) or int(status["CapBnd"], 16) or may_gain:
    print("ESCAPED capabilities", status["CapEff"], status["CapBnd"], may_gain)
for program in ("/usr/bin/su", "/bin/su", "/usr/bin/passwd", "/usr/bin/sudo", "/bin/mount"):
    if os.path.exists(program) and os.stat(program).st_mode & 0o6000:
        try:
            said = subprocess.run([program, "-c", "id -u"], capture_output=True, timeout=5, stdin=subprocess.DEVNULL)
            if said.stdout.strip() == b"0":
                print("ESCAPED", program)
        except OSError:
            pass


def double(numbers):
    return [2 * number for number in numbers]
