"""How an attack is tried: in a child of its own, after a control that shows the attempt could have worked."""

import ctypes
import errno
import json
import os
import platform
import signal

# System call numbers on x86_64 and aarch64. None where the machine has no such call.
NUMBERS = {
    **{"getppid": (110, 173), "clone": (56, 220), "clone3": (435, 435), "unshare": (272, 97), "setns": (308, 268)},
    **{"mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "fsopen": (430, 430)},
    **{"open_tree": (428, 428), "move_mount": (429, 429), "mount_setattr": (442, 442), "ptrace": (101, 117)},
    **{"process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272), "bpf": (321, 280)},
    **{"pidfd_getfd": (438, 438), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219)},
    **{"add_key": (248, 217), "request_key": (249, 218), "io_uring_setup": (425, 425), "personality": (135, 92)},
    **{"open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "init_module": (175, 105)},
    **{"finit_module": (313, 273), "kexec_load": (246, 104), "reboot": (169, 142), "swapon": (167, 224)},
    **{"settimeofday": (164, 170), "acct": (163, 89), "syslog": (103, 116), "sethostname": (170, 161)},
    **{"fanotify_init": (300, 262), "quotactl": (179, 60), "iopl": (172, None), "modify_ldt": (154, None)},
}
COLUMN = {"x86_64": 0, "aarch64": 1}.get(platform.machine())

libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """The attempt was refused. Its text says how."""


def raw(name, *arguments):
    """A bare system call, so that no library is in between. OSError if it fails."""
    number = NUMBERS[name][COLUMN]
    if number is None:
        raise OSError(errno.ENOSYS, "not on this machine")
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def raw_works():
    if raw("getppid") != os.getppid():
        raise Refused("a bare system call does not reach the kernel")


def in_child(action):
    """(worked, detail) of `action` in a forked child."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(5)
        try:
            result = [True, str(action() or "")]
        except OSError as error:
            result = [False, errno.errorcode.get(error.errno, None) or str(error)]
        except Refused as refused:
            result = [False, str(refused)]
        except Exception as error:
            result = [False, f"{type(error).__name__}: {error}"]
        os.write(writer, json.dumps(result).encode()[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    if not said:
        return [False, f"ended with status {os.waitstatus_to_exitcode(status)}"]
    return json.loads(said)


def run(attacks):
    """For each its name, whether the control worked, whether the attack worked, and what either said."""
    results = []
    for name, control, attempt in attacks:
        could, why = in_child(control)
        worked, detail = in_child(attempt) if could else (False, "")
        results.append([name, could, worked, detail if could else why])
    return results
