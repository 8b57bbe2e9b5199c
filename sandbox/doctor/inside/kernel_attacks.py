"""Attacks on the kernel: namespaces, mounts, calls that were ways out before, other processes."""

import ctypes
import errno
import os
import signal

from attempts import COLUMN, NUMBERS, Refused, raw, raw_works

CLONE_FLAGS = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000}
CLONE_FLAGS |= {"user": 0x10000000, "pid": 0x20000000, "net": 0x40000000}
AT_FDCWD = -100
PTRACE_TRACEME, PTRACE_ATTACH = 0, 16


def system_call(name, *arguments):
    return f"the system call {name}", raw_works, lambda: reach(name, *arguments)


def reach(name, *arguments):
    """It worked if the kernel so much as looked at the arguments: they are such that nothing comes of it."""
    try:
        return raw(name, *arguments)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            raise
        return f"the kernel considered it: {os.strerror(error.errno)}"


def mount(source, kind, flags):
    here = os.getcwd().encode()
    raw("mount", source, here, kind, flags, None)
    raw("umount2", here, 0)


def clone_with(flag):
    """A child in a namespace of its own. It must not go on with our program, so it ends at once."""
    if raw("clone", flag | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)


def clone3():
    flags_and_signal = (ctypes.c_uint64 * 8)(CLONE_FLAGS["user"], 0, 0, 0, signal.SIGCHLD)
    if raw("clone3", flags_and_signal, ctypes.sizeof(flags_and_signal)) == 0:
        os._exit(0)


def namespaces():
    yield "fork into a user namespace", lambda: clone_with(0), lambda: clone_with(CLONE_FLAGS["user"])
    for name, flag in CLONE_FLAGS.items():
        yield f"a new {name} namespace", raw_works, lambda flag=flag: raw("unshare", flag)
    yield "clone3, whose flags no filter sees", raw_works, clone3

    def enter():
        with open("/proc/1/ns/mnt") as file:
            raw("setns", file.fileno(), 0)

    yield "entering the namespaces of process 1", lambda: os.stat("/proc/self/ns/mnt"), enter


def mounts():
    here = os.getcwd().encode()
    yield "mounting a tmpfs", raw_works, lambda: mount(b"none", b"tmpfs", 0)
    yield "mounting /proc anew", raw_works, lambda: mount(b"proc", b"proc", 0)
    yield "making / writable", raw_works, lambda: raw("mount", None, b"/", None, 0x20 | 0x1000, None)
    yield "a bind mount", raw_works, lambda: mount(b"/etc", None, 0x1000)
    yield system_call("umount2", here, 0)
    yield system_call("pivot_root", here, here)
    yield system_call("chroot", here)
    yield system_call("fsopen", b"tmpfs", 0)
    yield system_call("open_tree", AT_FDCWD, b"/", 1)
    yield system_call("open_by_handle_at", AT_FDCWD, (ctypes.c_uint32 * 8)(8, 1), 0)


def kernel():
    """Parts of the kernel that no exercise needs and that were ways out before."""
    zeros = ctypes.create_string_buffer(512)
    yield system_call("io_uring_setup", 4, zeros)
    yield system_call("bpf", 0, (ctypes.c_uint32 * 32)(2, 4, 4, 1), 128)
    yield system_call("perf_event_open", (ctypes.c_uint32 * 32)(1, 128), 0, -1, -1, 0)
    yield system_call("userfaultfd", 1)
    yield system_call("add_key", b"user", b"doctor", b"x", 1, -2)
    yield system_call("keyctl", 0, -3, 1)
    yield system_call("request_key", b"user", b"doctor", None, -2)
    yield system_call("personality", 0x0040000)
    yield system_call("kcmp", os.getpid(), os.getppid(), 1, 0, 0)
    yield system_call("init_module", zeros, 1, b"")
    yield system_call("finit_module", 0, b"", 0)
    yield system_call("kexec_load", 0, 0, zeros, 0)
    yield system_call("syslog", 3, zeros, 512)
    yield system_call("acct", b"/no/such/file")
    yield system_call("swapon", b"/nothing", 0)
    yield system_call("reboot", 0, 0, 0, None)
    yield system_call("settimeofday", None, None)
    yield system_call("sethostname", b"mine", -1)
    yield system_call("fanotify_init", 0, 0)
    for name in ("iopl", "modify_ldt"):
        if NUMBERS[name][COLUMN] is not None:
            yield system_call(name, 3 if name == "iopl" else 0, zeros, 512)


def processes(host):
    """Other processes: of this cell, which a filter keeps from each other, and of everybody else."""
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    exists = lambda: os.kill(child, 0)  # noqa: E731
    vector = (ctypes.c_uint64 * 2)(id(vector_target), 8)
    yield "tracing a process", exists, lambda: raw("ptrace", PTRACE_ATTACH, child, 0, 0)
    yield "being traced", raw_works, lambda: raw("ptrace", PTRACE_TRACEME, 0, 0, 0)
    for name in ("process_vm_readv", "process_vm_writev"):
        yield f"{name} on a process", exists, lambda name=name: raw(name, child, vector, 1, vector, 1, 0)
    yield "taking a descriptor of a process", exists, lambda: raw("pidfd_getfd", os.pidfd_open(child), 0, 0)
    yield "a signal to a process of the host", exists, lambda: signal_to(host)
    if host["own_kernel"]:  # some versions of gVisor let process 1 be killed, and we with it
        yield "calling the kernel of the host", os.uname, lambda: same_kernel(host["kernel"])
    else:
        yield "ending process 1", exists, end_first
    yield "seeing processes of the host", lambda: count_processes(0), lambda: count_processes(30)


vector_target = b"12345678"


def signal_to(host):
    """It worked if it reached the process that is meant. Where numbers are our own, one of ours may have this one."""
    os.kill(host["pid"], 0)
    try:
        with open(f"/proc/{host['pid']}/cmdline", "rb") as file:
            found = file.read(4096).decode(errors="replace")
    except OSError as error:
        return f"and its command cannot be read ({error})"
    if found != host["command"]:
        raise Refused("a process of the cell has that number")


def same_kernel(release):
    if os.uname().release != release:
        raise Refused(os.uname().release)


def end_first():
    """It worked if process 1 is not there afterwards; then neither are we."""
    os.kill(1, signal.SIGKILL)
    raise Refused("it lives")


def count_processes(least):
    found = sum(name.isdigit() for name in os.listdir("/proc"))
    if found <= least:
        raise Refused(f"{found} of our own")
    return found
