# expect: passed
# exercise: roomy
"""A server and a client in one cell: allowed, and nobody else's business."""

import socket
import sys

print("attempted", file=sys.stderr, flush=True)
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
server.accept()[0].sendall(b"hello")
assert client.recv(5) == b"hello"


def double(numbers):
    return [2 * number for number in numbers]
