# expect: passed
# exercise: roomy
"""The internet, the metadata service, the host, names."""

import socket
import sys
import time

print("attempted", file=sys.stderr, flush=True)
socket.setdefaulttimeout(1)
began = time.monotonic()
for host in ("1.1.1.1", "169.254.169.254", "172.17.0.1", "10.0.0.1", "192.168.1.1"):
    for port in (53, 80, 6379):
        try:
            socket.create_connection((host, port))
            print("ESCAPED", host, port)
        except OSError:
            pass
    try:
        socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", (host, 53))
        print("ESCAPED by datagram", host)
    except OSError:
        pass
for host in ("2606:4700:4700::1111", "fe80::1%lo"):
    try:
        socket.create_connection((host, 53))
        print("ESCAPED", host)
    except OSError:
        pass
for name in ("example.org", "redis", "db", "host.docker.internal"):
    try:
        socket.getaddrinfo(name, 80)
        print("ESCAPED resolved", name)
    except OSError:
        pass
if time.monotonic() - began > 1.5:
    print("ESCAPED into waiting", time.monotonic() - began)


def double(numbers):
    return [2 * number for number in numbers]
