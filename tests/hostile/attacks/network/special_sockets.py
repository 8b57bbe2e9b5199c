# expect: passed
# exercise: roomy
# own kernel grants: netlink 2, netlink 3
"""Sockets that reach the kernel or the machine below it."""

import socket
import sys

print("attempted", file=sys.stderr, flush=True)
FAMILIES = {
    "netlink": 16,
    "packet": 17,
    "alg": 38,
    "vsock": 40,
    "can": 29,
    "bluetooth": 31,
    "rds": 21,
    "tipc": 30,
    "xdp": 44,
}
for name, family in FAMILIES.items():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind, 0)
            print("ESCAPED", name, kind)
        except OSError:
            pass
for family in (socket.AF_INET, socket.AF_INET6):
    for protocol in (1, 6, 17, 58, 255):
        try:
            socket.socket(family, socket.SOCK_RAW, protocol)
            print("ESCAPED raw", family, protocol)
        except OSError:
            pass


def double(numbers):
    return [2 * number for number in numbers]
