"""Which system calls a bwrap cell may make: a BPF program, as the bytes that `bwrap --seccomp FD` reads.

What is refused is refused with an error and not with death, because libraries probe. Numbers above
the newest one known here do not exist for a cell. Format: struct seccomp_data and struct sock_filter,
https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import errno
import platform
import struct

__all__ = ["ARCHITECTURES", "MOUNT_FLAGS", "filter_program", "refused_numbers"]

# Machine -> (AUDIT_ARCH constant, column of the tables below).
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# futex_requeue of Linux 6.7. Newer calls answer "not implemented" until somebody has read about them.
NEWEST = 456

# Name: (number on x86_64, number on aarch64). One block for each reason.
REFUSED: dict[int, dict[str, tuple[int | None, int | None]]] = {
    errno.EPERM: {
        # Namespaces and mounts.
        **{"umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97)},
        **{"setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430)},
        **{"fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442)},
        # Other processes.
        **{"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271)},
        **{"kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440)},
        **{"process_mrelease": (448, 448), "perf_event_open": (298, 241)},
        # Large and often broken parts of the kernel that no exercise needs.
        **{"bpf": (321, 280), "userfaultfd": (323, 282), "seccomp": (317, 277), "add_key": (248, 217)},
        **{"request_key": (249, 218), "keyctl": (250, 219), "landlock_add_rule": (445, 445)},
        **{"landlock_restrict_self": (446, 446), "splice": (275, 76), "tee": (276, 77), "vmsplice": (278, 75)},
        **{"inotify_init": (253, None), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27)},
        **{"inotify_rm_watch": (255, 28), "remap_file_pages": (216, 234)},
        **{"fanotify_init": (300, 262), "fanotify_mark": (301, 263), "quotactl": (179, 60)},
        **{"quotactl_fd": (443, 443), "lookup_dcookie": (212, 18), "modify_ldt": (154, None)},
        **{"nfsservctl": (180, 42), "_sysctl": (156, None), "uselib": (134, None), "ustat": (136, None)},
        **{"sysfs": (139, None), "afs_syscall": (183, None), "getpmsg": (181, None), "putpmsg": (182, None)},
        **{"tuxcall": (184, None), "security": (185, None), "vserver": (236, None)},
        # The machine itself.
        **{"init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106)},
        **{"create_module": (174, None), "get_kernel_syms": (177, None), "query_module": (178, None)},
        **{"kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142)},
        **{"swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "syslog": (103, 116)},
        **{"iopl": (172, None), "ioperm": (173, None), "vhangup": (153, 58), "sethostname": (170, 161)},
        **{"setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112)},
        **{"adjtimex": (159, 171), "clock_adjtime": (305, 266), "sync": (162, 81), "syncfs": (306, 267)},
        # Files by handle, past every mount.
        **{"open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264)},
        # Which processor and which memory: the engine decides.
        **{"mbind": (237, 235), "set_mempolicy": (238, 237), "get_mempolicy": (239, 236)},
        **{"migrate_pages": (256, 238), "move_pages": (279, 239), "set_mempolicy_home_node": (450, 450)},
        **{"sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274)},
        **{"sched_setparam": (142, 118), "ioprio_set": (251, 30)},
    },
    errno.ENOSYS: {
        # Its flags lie in memory, where a filter cannot read them; libc falls back to clone.
        "clone3": (435, 435),
        # Does work that no filter sees.
        **{"io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427)},
        **{"io_setup": (206, 0), "io_submit": (209, 2), "io_cancel": (210, 3), "io_destroy": (207, 1)},
        **{"io_getevents": (208, 4), "io_pgetevents": (333, 292), "landlock_create_ruleset": (444, 444)},
        # Memory that belongs to no process, and that only a control group would count.
        **{"memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196)},
        **{"shmctl": (31, 195), "shmdt": (67, 197), "semget": (64, 190), "semop": (65, 193)},
        **{"semctl": (66, 191), "semtimedop": (220, 192), "msgget": (68, 186), "msgsnd": (69, 189)},
        **{"msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180), "mq_unlink": (241, 181)},
        **{"mq_getsetattr": (245, 185), "mq_notify": (244, 184), "mq_timedreceive": (243, 183)},
        **{"mq_timedsend": (242, 182), "epoll_ctl_old": (214, None), "epoll_wait_old": (215, None)},
    },
}

# Calls that depend on an argument: see `_conditions`.
CLONE, MOUNT, PRCTL, PERSONALITY = (56, 220), (165, 40), (157, 167), (135, 92)
SOCKET, IOCTL = (41, 198), (16, 29)

NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET
MOUNT_FLAGS = 0x20 | 0x4 | 0x2  # MS_REMOUNT, MS_NODEV, MS_NOSUID: what `cell/enter.py` does, while it may
PR_SET_SECCOMP = 22
PERSONALITIES = (0x0, 0xFFFFFFFF)  # the usual one, and the question which one it is
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET and AF_INET6, in a network of its own
TTY_REQUESTS = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX type into a terminal (CVE-2017-5226)

# Instructions of classic BPF, and what a filter may return.
LOAD, EQUAL, GREATER, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000

# Offsets in struct seccomp_data; of an argument the low word, on little-endian machines.
NUMBER, ARCHITECTURE = 0, 4


def _argument(index: int) -> int:
    return 16 + 8 * index


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(number: int) -> bytes:
    return _instruction(RETURN, ERROR | number)


def _only(index: int, allowed: tuple[int, ...], otherwise: int) -> list[bytes]:
    """The argument must be one of `allowed`."""
    tests = [_instruction(EQUAL, value, if_true=len(allowed) - i) for i, value in enumerate(allowed)]
    return [_instruction(LOAD, _argument(index)), *tests, _refuse(otherwise), _instruction(RETURN, ALLOW)]


def _never(index: int, refused: tuple[int, ...], otherwise: int) -> list[bytes]:
    """The argument must be none of `refused`."""
    tests = [_instruction(EQUAL, value, if_true=len(refused) - i) for i, value in enumerate(refused)]
    return [_instruction(LOAD, _argument(index)), *tests, _instruction(RETURN, ALLOW), _refuse(otherwise)]


def _conditions() -> list[tuple[tuple[int, int], list[bytes]]]:
    """Calls whose argument decides, each with instructions that end in a return."""
    no_namespaces = [
        _instruction(LOAD, _argument(0)),
        _instruction(ANY_BIT, NEW_NAMESPACES, if_false=1),
        _refuse(errno.EPERM),
        _instruction(RETURN, ALLOW),
    ]
    return [
        (CLONE, no_namespaces),
        # Without CAP_SYS_ADMIN, which the cell has lost before its first program, this does nothing.
        (MOUNT, _only(3, (MOUNT_FLAGS,), errno.EPERM)),
        (PRCTL, _never(0, (PR_SET_SECCOMP,), errno.EPERM)),
        (PERSONALITY, _only(0, PERSONALITIES, errno.EPERM)),
        (SOCKET, _only(0, FAMILIES, errno.EAFNOSUPPORT)),
        (IOCTL, _never(1, TTY_REQUESTS, errno.EPERM)),
    ]


def refused_numbers(machine: str = platform.machine()) -> dict[int, int]:
    """System call number -> error number, of the calls refused whatever their arguments."""
    column = ARCHITECTURES[machine][1]
    return {
        number: error
        for error, calls in REFUSED.items()
        for numbers in calls.values()
        if (number := numbers[column]) is not None
    }


def filter_program(machine: str = platform.machine()) -> bytes:
    """The filter for a machine of ARCHITECTURES. KeyError for another."""
    architecture, column = ARCHITECTURES[machine]
    program = [
        _instruction(LOAD, ARCHITECTURE),
        _instruction(EQUAL, architecture, if_true=1),
        _instruction(RETURN, KILL),  # a 32-bit call, whose numbers mean something else
        _instruction(LOAD, NUMBER),
        _instruction(GREATER, NEWEST, if_false=1),  # the x32 calls too: they have a high bit set
        _refuse(errno.ENOSYS),
    ]
    for number, error in sorted(refused_numbers(machine).items()):
        program += [_instruction(EQUAL, number, if_false=1), _refuse(error)]
    for numbers, block in _conditions():
        program += [_instruction(EQUAL, numbers[column], if_false=len(block)), *block]
    return b"".join([*program, _instruction(RETURN, ALLOW)])
