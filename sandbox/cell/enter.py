"""The first program of a bwrap cell: give up what is left of privilege, then become `boot.py`.

bwrap gives it the capabilities that this needs, and the system call filter is on already. Run as
`python -I -S enter.py '{"uid": …}' PYTHON ARGUMENT…`. If anything that must hold does not, it ends.
"""

import ctypes
import json
import os
import sys
import time

MS_NOSUID, MS_NODEV, MS_REMOUNT = 0x2, 0x4, 0x20
PR_CAPBSET_READ, PR_CAPBSET_DROP = 23, 24
CAPABILITY_VERSION_3 = 0x20080522
YIELD_SECONDS = 3.0

libc = ctypes.CDLL(None, use_errno=True)


def limit_inodes(path: str, size: int, inodes: int) -> bool:
    """bwrap limits the bytes of a tmpfs and not its inodes. Some systems allow us to; the engine looks."""
    options = f"size={size},nr_inodes={inodes}".encode()
    return libc.mount(None, path.encode(), None, MS_REMOUNT | MS_NODEV | MS_NOSUID, options) == 0


def drop_bounding_set() -> None:
    number = 0
    while libc.prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0:
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)  # without CAP_SETPCAP it is empty enough already
        number += 1


def become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def yield_to_all() -> None:
    """Run when nobody else wants to, until the engine says otherwise. Without autogroups: as everybody does.

    The kernel takes ten such orders a second of all who are not privileged, so it may have to be tried again:
    a cell in the background has the time.
    """
    until = time.monotonic() + YIELD_SECONDS
    while time.monotonic() < until:
        try:
            with open("/proc/self/autogroup", "w") as file:
                file.write("19")
            return
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:
            return


def main() -> None:
    settings = json.loads(sys.argv[1])
    limit_inodes(settings["tmpfs"], settings["size"], settings["inodes"])
    drop_bounding_set()
    if settings["uid"] is not None:
        become(settings["uid"])
    drop_capabilities()
    if settings["background"]:
        yield_to_all()
    for folder in settings["folders"]:
        os.mkdir(folder, 0o700)
    os.chdir(settings["folders"][0])
    os.closerange(3, 4096)
    for name in ("ANNEAL_CELL", "PWD"):  # of the host, and nobody's business here
        os.environ.pop(name, None)
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
