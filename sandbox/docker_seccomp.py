"""Which system calls a container cell may make: a list of what is allowed, in the engine's own format.

Everything else answers with an error, never with death, because libraries probe. It is shorter than
the engine's default list: no namespaces, no ptrace, no keys, no io_uring, no shared System V memory.
Only the machine's own call table is named, so that 32-bit calls end the caller.
Format: https://docs.docker.com/engine/security/seccomp/
"""

from __future__ import annotations

import errno
import json
from typing import Any

__all__ = ["ALLOWED", "CONDITIONAL", "FAMILIES", "NOT_IMPLEMENTED", "profile", "profile_json"]

FILES = """
access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fremovexattr
fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr ioctl lchown lgetxattr link
linkat listxattr llistxattr lremovexattr lseek lsetxattr lstat mkdir mkdirat mknod mknodat newfstatat open openat
openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
removexattr rename renameat renameat2 rmdir sendfile setxattr stat statfs statx symlink symlinkat sync_file_range
truncate umask unlink unlinkat utime utimensat utimes write writev
"""
MEMORY = """
brk cachestat madvise map_shadow_stack membarrier mincore mlock mlock2 mlockall mmap mprotect mremap mseal msync
munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect
"""
PROCESSES = """
alarm arch_prctl capget execve execveat exit exit_group fork futex futex_requeue futex_wait futex_waitv futex_wake
get_robust_list get_thread_area getcpu getegid geteuid getgid getgroups getitimer getpgid getpgrp getpid getppid
getpriority getrandom getresgid getresuid getrlimit getrusage getsid gettid getuid ioprio_get kill pause pidfd_open
pidfd_send_signal prlimit64 restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity
sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_yield set_robust_list set_thread_area
set_tid_address setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid setresgid setresuid
setreuid setrlimit setsid setuid sigaltstack signalfd signalfd4 sysinfo tgkill times tkill uname vfork wait4 waitid
"""
CLOCKS = """
clock_getres clock_gettime clock_nanosleep gettimeofday nanosleep time timer_create timer_delete timer_getoverrun
timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime
"""
WAITING = """
epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 poll ppoll pselect6 select
"""
SOCKETS = """
accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg sendmsg
sendto setsockopt shutdown socketpair
"""
ALLOWED = frozenset(" ".join((FILES, MEMORY, PROCESSES, CLOCKS, WAITING, SOCKETS)).split())

# Callers fall back when these seem not to exist; EPERM would make them give up.
# clone3 above all: its flags lie in memory, where no filter can read them, and libc then uses clone.
NOT_IMPLEMENTED = frozenset(
    "clone3 io_uring_setup io_uring_enter io_uring_register io_setup io_submit memfd_create memfd_secret"
    " shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink"
    " landlock_create_ruleset".split()
)

CONDITIONAL = frozenset(("clone", "prctl", "personality", "socket"))  # an argument decides

NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET and AF_INET6, in a network of its own
PERSONALITIES = (0x0, 0xFFFFFFFF)  # the usual one, and the question which one it is
PR_SET_SECCOMP = 22
ARCHITECTURES = ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")


def _allow_if(name: str, index: int, operation: str, value: int, second: int = 0) -> dict[str, Any]:
    condition = {"index": index, "op": f"SCMP_CMP_{operation}", "value": value, "valueTwo": second}
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [condition]}


def profile() -> dict[str, Any]:
    return {
        "defaultAction": "SCMP_ACT_ERRNO",  # EPERM
        "archMap": [{"architecture": name, "subArchitectures": []} for name in ARCHITECTURES],
        "syscalls": [
            {"names": sorted(ALLOWED), "action": "SCMP_ACT_ALLOW"},
            {"names": sorted(NOT_IMPLEMENTED), "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
            _allow_if("clone", 0, "MASKED_EQ", NEW_NAMESPACES, 0),
            _allow_if("prctl", 0, "NE", PR_SET_SECCOMP),
            *(_allow_if("personality", 0, "EQ", value) for value in PERSONALITIES),
            *(_allow_if("socket", 0, "EQ", family) for family in FAMILIES),
        ],
    }


def profile_json() -> str:
    return json.dumps(profile())
