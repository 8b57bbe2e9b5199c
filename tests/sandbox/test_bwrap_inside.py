"""What code in a bwrap cell sees and may do. Every attempt is made, and each test first proves that it ran."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from sandbox.bwrap import BwrapEngine
from tests.sandbox.programs import ask, how_it_ends, plain, soon, start


def test_it_is_nobody_without_any_capability(bwrap):
    status = ask(bwrap, "answer(open('/proc/self/status').read())")
    fields = dict(line.split(":", 1) for line in status.splitlines())

    assert {int(fields[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (fields["NoNewPrivs"].strip(), fields["Seccomp"].strip()) == ("1", "2")
    assert "0" not in fields["Uid"].split() + fields["Gid"].split()


def test_it_cannot_become_anybody_else(bwrap):
    source = """
answer({
    "setuid": error_of(os.setuid, 0), "setgid": error_of(os.setgid, 0), "setgroups": error_of(os.setgroups, [0]),
    "chown": error_of(os.chown, "main.py", 0, 0), "chroot": error_of(os.chroot, "/box"),
    "nice": error_of(os.nice, -5), "affinity": error_of(os.sched_setaffinity, 0, [0]),
    "scheduler": error_of(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(50)),
    "own": error_of(os.setuid, os.getuid()),
})
"""
    told = ask(bwrap, source)

    assert told.pop("own") == "None"
    assert {name: error for name, error in told.items() if error not in ("EPERM", "EINVAL")} == {}


def test_it_sees_only_its_own_processes(bwrap):
    neighbour = start(bwrap, "time.sleep(100)")
    processes = ask(bwrap, "answer([pid for pid in os.listdir('/proc') if pid.isdigit()])")
    neighbour.kill()

    assert 1 <= len(processes) <= 3


def test_no_environment_and_no_command_line_carries_anything_of_the_host(bwrap, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://canary-4711")
    source = """
found = {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline"):
        try: found[f"{pid}/{name}"] = open(f"/proc/{pid}/{name}", "rb").read().decode(errors="replace")
        except OSError as error: found[f"{pid}/{name}"] = ""
answer([dict(os.environ), found])
"""
    environment, found = ask(bwrap, source)

    assert set(environment) <= {
        *("HOME", "TMPDIR", "USER", "LANG", "PATH", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"),
        *("TOKENIZERS_PARALLELISM", "PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
        *("OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_NUM_THREADS"),
        *("TRITON_INTERPRET", "NVIDIA_VISIBLE_DEVICES"),
    }
    assert any("boot.py" in text for text in found.values()), "nothing was read"
    assert "canary" not in str(found)


def test_it_has_its_channel_and_its_log_and_no_other_descriptor(bwrap):
    source = """
fds = [fd for fd in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{fd}")]
answer([list(CHANNEL), sorted(map(int, fds)), [os.readlink(f"/proc/self/fd/{fd}") for fd in fds]])
"""
    channel, descriptors, targets = ask(bwrap, source)

    assert descriptors == sorted({0, 1, 2, *channel})
    assert sum(target.startswith("pipe:") for target in targets) == 4


def test_it_can_write_nowhere_but_in_its_home(bwrap):
    source = """
written = []
for folder, folders, files in os.walk("/"):
    if folder.startswith("/proc/") and folder.count("/") > 2:
        folders.clear()
    for name in (os.path.join(folder, "canary"), *(os.path.join(folder, file) for file in files[:3])):
        try:
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
            written.append(name)
        except OSError:
            pass
answer(written)
"""
    written = ask(bwrap, source, seconds=60)

    assert "/box/home/canary" in written
    others = [name for name in written if not name.startswith(("/box/", "/dev/", "/proc/2/", "/proc/self/"))]
    assert [name for name in others if not name.startswith(("/proc/thread-self", "/proc/1/"))] == []


def test_nothing_of_the_host_but_python_is_there(bwrap):
    source = """
names = ["/etc/passwd", "/etc/shadow", "/home", "/var", "/run", "/root/.ssh", "/sys/fs", "/sys/kernel"]
names += ["/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/dev/tty", "/dev/sda", "/dev/vda", "/dev/nvidia0"]
names += ["/bin/sh", "/usr/bin/su", "/usr/bin/env", "/var/run/docker.sock", "/proc/sysrq-trigger"]
answer([[name for name in names if os.path.exists(name)], sorted(os.listdir("/dev")), os.path.exists("/dev/null")])
"""
    there, devices, control = ask(bwrap, source)

    assert control
    assert set(there) <= {"/proc/sysrq-trigger"}
    assert devices == ["fd", "full", "null", "random", "shm", "urandom", "zero"]


def test_a_python_in_somebody_s_home_shows_nothing_else_of_that_home():
    if os.geteuid() != 0:
        pytest.skip("only root may make a home")
    with tempfile.TemporaryDirectory(prefix="anneal-test-", dir="/home") as home:
        os.chmod(home, 0o755)
        Path(home, "letter.txt").write_text("private")
        Path(home, "checkout").mkdir()
        Path(home, "checkout", "manage.py").write_text("private")
        cells = Path(home, "checkout", ".cells")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", cells], check=True)
        engine = BwrapEngine(str(cells / "bin" / "python"))  # its own probe looks at /home and /root, too
        try:
            source = """
answer([os.path.join(folder, name) for folder, folders, files in os.walk("/home") for name in folders + files])
"""
            found = ask(engine, source)
        finally:
            engine.close()
    assert str(cells) in found
    assert [name for name in found if name not in (home, str(cells.parent)) and not name.startswith(str(cells))] == []


def test_no_file_of_this_project_but_two_is_there(bwrap):
    source = """
OURS = ("cases.py", "reference.py", "boot.py", "grade.py", "pyproject.toml", "manage.py")
found = []
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys")]
    if "site-packages" not in folder:
        found += [os.path.join(folder, name) for name in files if name in OURS]
answer(found)
"""
    assert ask(bwrap, source, seconds=60) == ["/cell/boot.py"]


def test_what_the_kernel_tells_everybody_is_hidden(bwrap):
    source = """
answer({name: error_of(lambda: len(open("/proc/" + name, "rb").read(10))) for name in
        ("kcore", "kallsyms", "keys", "timer_list", "cmdline", "modules", "kmsg")})
"""
    told = ask(bwrap, source)

    assert {name: text for name, text in told.items() if text not in ("0", "ENOENT", "EACCES", "EPERM")} == {}


def test_the_first_process_gives_no_way_out(bwrap):
    source = """
def write(path):
    with open(path, "r+b", buffering=0) as file:
        file.write(b"x")
paths = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches"]
paths += ["/proc/self/exe", "/proc/1/exe", "/proc/1/mem", "/proc/1/task/1/mem"]
told = {path: error_of(write, path) for path in paths}
told["root"] = error_of(lambda: sorted(os.listdir("/proc/1/root")) == sorted(os.listdir("/")))
answer(told)
"""
    told = ask(bwrap, source)

    assert told.pop("root") in ("ENOENT", "EACCES", "EPERM")
    assert {path: text for path, text in told.items() if text == "None"} == {}


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
