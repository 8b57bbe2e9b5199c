# expect: passed, memory, error
# exercise: roomy
"""Fill as many pipes and sockets as there may be."""

import socket
import sys

print("attempted", file=sys.stderr, flush=True)
kept = []
try:
    while True:
        left, right = socket.socketpair()
        left.setblocking(False)
        kept.append((left, right))
        try:
            while True:
                left.send(b"x" * 65536)
        except BlockingIOError:
            pass
except OSError:
    pass
for left, right in kept:
    left.close(), right.close()


def double(numbers):
    return [2 * number for number in numbers]
