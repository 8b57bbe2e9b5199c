"""Attacks on what is around a cell: the network, files, devices, what the kernel tells, privileges."""

import json
import os
import socket
import stat
import subprocess
import sys

from attempts import Refused

SECONDS = 1.0


def families():
    def control():
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()

    numbers = {"packet": 17, "netlink": 16, "vsock": 40, "alg": 38, "can": 29, "bluetooth": 31, "xdp": 44, "tipc": 30}
    for name, number in numbers.items():
        yield f"a socket of family {name}", control, lambda number=number: socket.socket(number, socket.SOCK_RAW, 0)
    yield "a raw socket", control, lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)


def loopback():
    """A connection inside the cell, which is allowed, and shows that connecting works at all."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), SECONDS).close()


def own_abstract():
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(f"\0doctor-{os.getpid()}")
        server.listen()
        client.connect(f"\0doctor-{os.getpid()}")


def network(host):
    for address, port in host["addresses"]:
        yield (
            f"connecting to {address}:{port}",
            loopback,
            lambda to=(address, port): socket.create_connection(to, SECONDS).close(),
        )
    yield (
        "asking for a name",
        lambda: socket.getaddrinfo("127.0.0.1", 80),
        lambda: socket.getaddrinfo("example.org", 443),
    )

    def datagram():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"x", ("192.0.2.1", 53))

    yield "sending a datagram", loopback, datagram

    def abstract():
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect("\0" + host["abstract"])

    yield "a socket of the host by its abstract name", own_abstract, abstract
    yield "a network interface", lambda: interfaces("lo"), lambda: interfaces(None)
    yield from families()


def interfaces(wanted):
    """Whether there is the one wanted, or one but loopback."""
    with open("/proc/net/dev") as file:
        found = {line.split(":")[0].strip() for line in file if ":" in line}
    if not ({wanted} & found if wanted else found - {"lo"}):
        raise Refused("none")


def write(path):
    """Open a file for writing, and change nothing that was there: the attack may succeed."""
    new = not os.path.exists(path)
    os.close(os.open(path, os.O_WRONLY | (os.O_CREAT if new else 0), 0o600))
    if new:
        os.unlink(path)


def read(path):
    with open(path, "rb") as file:
        return repr(file.read(64))


def files(host):
    home = os.path.join(os.getcwd(), "written")
    library = os.path.dirname(json.__file__)
    for path in ("/written", "/etc/written", "/usr/written", f"{library}/written.py", f"{library}/__init__.py"):
        yield f"writing {path}", lambda: write(home), lambda path=path: write(path)
    yield "reading a file of the host", lambda: read(json.__file__), lambda: read(host["secret_path"])
    for path in host["forbidden"]:
        yield f"looking into {path}", lambda: os.listdir("/usr"), lambda path=path: look(path)
    yield "a program that changes user", lambda: os.stat(json.__file__), changing_user
    yield "a secret of the worker in the environment", lambda: os.environ["HOME"], lambda: os.environ[host["variable"]]


def look(path):
    if os.path.isdir(path):
        if not os.listdir(path):
            raise Refused("empty")
        return os.listdir(path)[:5]
    if os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode):
        with socket.socket(socket.AF_UNIX) as sock:
            return sock.connect(path)
    return read(path)


def changing_user():
    """Programs that run as their owner, whoever starts them."""
    found = []
    for folder in ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/local/bin", "/bin", "/sbin"):
        for entry in os.scandir(folder) if os.path.isdir(folder) else ():
            if entry.is_file() and entry.stat().st_mode & (stat.S_ISUID | stat.S_ISGID):
                found.append(entry.path)
    if not found:
        raise Refused("none")
    return found[:5]


def devices():
    for name in ("mem", "kmem", "port", "kmsg", "sda", "vda", "nvme0n1", "kvm", "fuse", "net/tun", "loop0", "nvidia0"):
        yield f"opening /dev/{name}", lambda: read("/dev/zero"), lambda name=name: open(f"/dev/{name}", "rb").close()
    yield (
        "making a device",
        lambda: os.mkfifo(f"{os.getcwd()}/fifo"),
        lambda: os.mknod(f"{os.getcwd()}/disk", stat.S_IFBLK | 0o600, os.makedev(8, 0)),
    )
    yield "a terminal", lambda: os.stat("/dev/null"), lambda: os.open("/dev/tty", os.O_RDWR)
    yield "a block device in /dev", lambda: kinds(stat.S_ISCHR), lambda: kinds(stat.S_ISBLK)
    yield "an accelerator", lambda: os.listdir("/dev"), accelerators


def accelerators():
    """Of any maker. Cells of the gpu queue have one; these are none."""
    makers = ("nvidia", "dri", "kfd", "accel", "dxg", "davinci", "mali")
    found = [name for name in os.listdir("/dev") if name.startswith(makers)]
    found += [path for path in ("/proc/driver/nvidia", "/proc/driver/nvidia-uvm") if os.path.exists(path)]
    if not found:
        raise Refused("none")
    return found


def kinds(test):
    found = [name for name in os.listdir("/dev") if test(os.stat(f"/dev/{name}").st_mode)]
    if not found:
        raise Refused("none")
    return found


def system(host):
    """What /proc and /sys would give away, or let one change."""
    for path in (
        *("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/kernel/hostname"),
        *("/sys/kernel/uevent_helper", "/proc/sys/vm/drop_caches", "/proc/sys/net/ipv4/ip_forward", "/proc/1/mem"),
        *("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/release_agent"),
    ):
        yield f"writing {path}", lambda: write("/dev/null"), lambda path=path: write(path)
    for path in ("kcore", "keys", "kmsg", "sched_debug", "timer_list", "slabinfo", "kallsyms"):
        yield f"reading /proc/{path}", lambda: read("/proc/self/status"), lambda path=path: look_deep(f"/proc/{path}")
    for path in ("/sys/kernel/debug", "/sys/kernel/security", "/sys/firmware", "/sys/kernel/slab"):
        yield f"looking into {path}", lambda: os.listdir("/usr"), lambda path=path: look(path)
    for way in ("/proc/1/root", "/proc/1/cwd/../../.."):
        yield f"the host's files by {way}", lambda: read(json.__file__), lambda way=way: read(way + host["secret_path"])
    yield "a secret of the worker in /proc", lambda: environments("HOME="), lambda: environments(host["secret"])

    def spare_me():
        with open("/proc/self/oom_score_adj", "r+") as file:
            file.write("-1000")

    yield "escaping the memory killer", lambda: read("/proc/self/oom_score_adj"), spare_me


def environments(text):
    """That some process that can be seen has it in its environment."""
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if text.encode() in file.read():
                    return name
        except OSError:
            pass
    raise Refused("none")


def look_deep(path):
    """Not what is masked with something empty, nor symbols without addresses."""
    with open(path, "rb") as file:
        text = file.read(4096)
    if not text.strip(b"0 \n") or text.startswith(b"0000000000000000 "):
        raise Refused("empty")
    return repr(text[:64])


def neighbours(host):
    """Another cell, which listens, wrote files and runs a program with `mark` in its command line."""
    command = [sys.executable, "-I", "-c", "input()", host["own_mark"]]
    subprocess.Popen(command, stdin=subprocess.PIPE)
    address = ("127.0.0.1", host["port_of_other"])
    yield "calling it by its port", loopback, lambda: socket.create_connection(address, SECONDS).close()

    def abstract():
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect("\0" + host["mark"])

    yield "calling it by an abstract name", own_abstract, abstract
    for folder in (os.getcwd(), "/dev/shm"):
        yield (
            f"reading its files in {folder}",
            lambda folder=folder: write(os.path.join(folder, "mine")),
            lambda folder=folder: read(os.path.join(folder, "of-another-cell")),
        )
    yield "seeing its processes", lambda: command_lines(host["own_mark"]), lambda: command_lines(host["mark"])


def command_lines(mark):
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    if mark.encode() in file.read():
                        return name
            except OSError:
                pass
    raise Refused("none")


def privileges():
    with open("/proc/self/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def require(wrong, detail):
        if not wrong:
            raise Refused(detail)
        return detail

    known = lambda: status["Name"]  # noqa: E731
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        yield f"a capability ({name})", known, lambda name=name: require(int(status[name], 16) != 0, status[name])
    yield "gaining privileges by a program", known, lambda: require(status["NoNewPrivs"] != "1", "no new ones")
    yield "calling without a filter", known, lambda: require(status["Seccomp"] != "2", "filtered")
    yield "being root", known, lambda: require(0 in (*os.getresuid(), *os.getresgid()), str(os.getresuid()))
    yield "a group of the host", known, lambda: require(set(os.getgroups()) - {os.getgid()}, "none")
    yield "becoming root", lambda: os.setuid(os.getuid()), lambda: os.setuid(0)
    yield "more open files", lambda: open_files(1), lambda: open_files(100_000)
    yield "a turn before everybody else", lambda: os.nice(0), lambda: os.nice(-10)


def open_files(count):
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(count, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
