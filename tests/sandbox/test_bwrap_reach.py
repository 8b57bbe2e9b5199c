"""What code in a bwrap cell can reach and do: no network but its own, no namespace, no device, no other cell."""

import os
import socket
import threading

import pytest

from tests.sandbox.programs import ask, how_it_ends, plain, soon, start


def test_there_is_no_network(bwrap):
    source = """
targets = [("1.1.1.1", 53), ("169.254.169.254", 80), ("172.17.0.1", 80), ("10.0.0.1", 80), ("192.168.0.1", 80)]
def connect(target):
    with socket.socket() as s:
        s.settimeout(5)
        s.connect(target)
def datagram(target):
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.sendto(b"x", target)
before = time.time()
told = [error_of(connect, target) for target in targets] + [error_of(datagram, target) for target in targets]
told.append(error_of(lambda: socket.create_connection(("fe80::1", 80), 5)))
try:
    socket.getaddrinfo("example.org", 80)
    told.append("resolved")
except socket.gaierror:
    pass
answer([told, time.time() - before])
"""
    told, seconds = ask(bwrap, source, seconds=30)

    assert set(told) <= {"ENETUNREACH", "EADDRNOTAVAIL", "EINVAL", "EHOSTUNREACH"}
    assert seconds < 2


def test_it_may_talk_to_itself_and_nobody_else_hears_it(bwrap):
    listen = """
server = socket.create_server(("127.0.0.1", 7001))
hidden = socket.socket(socket.AF_UNIX); hidden.bind("\\0anneal-test"); hidden.listen()
client = socket.create_connection(("localhost", 7001))
server.accept()[0].sendall(b"hello")
answer(client.recv(10).decode())
question()
"""
    listening = start(bwrap, listen)
    assert listening.receive(100, soon()) == b'"hello"'

    other = """
def unix():
    socket.socket(socket.AF_UNIX).connect("\\0anneal-test")
answer([error_of(lambda: socket.create_connection(("127.0.0.1", 7001), 2)), error_of(unix)])
"""
    assert ask(bwrap, other) == ["ECONNREFUSED", "ECONNREFUSED"]
    with pytest.raises(ConnectionRefusedError), socket.socket(socket.AF_UNIX) as here:
        here.connect("\0anneal-test")
    listening.kill()


def test_a_server_of_the_host_is_out_of_reach(bwrap):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=socket.create_connection, args=(("127.0.0.1", port),)).start()
        server.accept()

        told = ask(bwrap, f"answer(error_of(lambda: socket.create_connection(('127.0.0.1', {port}), 2)))")

    assert told == "ECONNREFUSED"


def test_namespaces_and_tracing_are_refused(bwrap):
    source = """
CLONE_NEWUSER = 0x10000000
target = os.fork()
if target == 0:
    time.sleep(30); os._exit(0)
answer({
    "unshare": error_of(native, libc.unshare, CLONE_NEWUSER),
    "ptrace": error_of(native, libc.ptrace, 16, target, 0, 0),
    "setns": error_of(native, libc.setns, os.open("/proc/self/ns/net", os.O_RDONLY), 0),
    "mount": error_of(native, libc.mount, b"x", b"/box", b"tmpfs", 0, None),
    "remount": error_of(native, libc.mount, None, b"/box", None, 38, b"size=1g"),
})
os.kill(target, 9)
"""
    told = ask(bwrap, source)

    assert told["remount"] in ("EPERM", "EACCES")
    assert {name: text for name, text in told.items() if text not in ("EPERM", "EACCES", "ENOSYS")} == {}


def test_device_files_cannot_be_made(bwrap):
    told = ask(bwrap, "answer([error_of(os.mknod, 'disk', 0o060600, os.makedev(8, 0)), error_of(os.mkfifo, 'pipe')])")

    assert told == ["EPERM", "None"]


def test_a_crash_leaves_no_core(bwrap):
    how_it_ends(bwrap, "kept = b'x' * 50_000_000\nctypes.string_at(0)")

    assert [name for name in os.listdir(os.getcwd()) if name.startswith("core")] == []
    assert ask(bwrap, "import resource; answer(resource.getrlimit(resource.RLIMIT_CORE))") == [0, 0]


def test_open_files_and_locked_memory_are_limited(bwrap):
    source = """
kept = []
def open_many():
    while True:
        kept.append(os.open("/dev/null", os.O_RDONLY))
first = error_of(open_many)
count = len(kept)
for fd in kept: os.close(fd)
buffer = ctypes.create_string_buffer(1_000_000)
answer([first, count, libc.mlock(buffer, 1_000_000)])
"""
    error, count, locked = ask(bwrap, source, plain(open_files=100))

    assert error == "EMFILE" and 80 < count < 100
    assert locked == -1


def test_shared_memory_for_workers_is_there_and_small(bwrap):
    source = """
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(create=True, size=1_000_000)
block.buf[0] = 7
def large():
    other = shared_memory.SharedMemory(create=True, size=100_000_000)
    other.buf[:] = b"x" * 100_000_000
with open("/dev/shm/big", "wb") as file:
    told = error_of(lambda: [file.write(b"x" * 1_000_000) for _ in range(50)])
answer([block.buf[0], told])
"""
    assert ask(bwrap, source, plain(disk_mb=8))[0] == 7


def test_two_cells_share_nothing_they_write(bwrap):
    first = start(
        bwrap, "open('/dev/shm/left', 'w').write('x'); open('/box/left', 'w').write('x'); answer(1); question()"
    )
    first.receive(100, soon())

    assert ask(bwrap, "answer([os.listdir('/dev/shm'), os.path.exists('/box/left')])") == [[], False]
    first.kill()
    assert ask(bwrap, "answer([os.listdir('/dev/shm'), os.path.exists('/box/left')])") == [[], False]
