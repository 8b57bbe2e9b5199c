# expect: passed
# exercise: roomy
"""Links, pipes and sockets where somebody outside might open a file."""

import os
import socket
import sys

print("attempted", file=sys.stderr, flush=True)
os.chdir(os.path.dirname(os.path.abspath(__file__)))
for name in ("result", "result.json", "stdout", "log", "core", "verdict", "answer.out", "output"):
    os.symlink("/etc/shadow", name)
for name in ("values.py", "answer.py", "solution.py"):
    if os.path.exists(name):
        os.remove(name)
    os.symlink("/dev/zero", name)
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("socket")


def double(numbers):
    return [2 * number for number in numbers]
