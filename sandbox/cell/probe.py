"""Looks around from inside a fresh bwrap cell and answers with one frame: what holds and what does not."""

import json
import os
import socket
import struct

STATUS = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)


def refused(attempt):
    try:
        attempt()
    except OSError:
        return True
    return False


def no_capability():
    return all(int(STATUS[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))


FACTS = {
    "no_capability": no_capability(),
    "system_calls_filtered": STATUS["Seccomp"] == "2",
    "no_new_privileges": STATUS["NoNewPrivs"] == "1",
    "not_root": 0 not in os.getresuid() + os.getresgid(),
    "own_process_numbers": os.getpid() < 10,
    "only_loopback": [name for _, name in socket.if_nameindex()] == ["lo"]
    if hasattr(socket, "if_nameindex") and not refused(socket.if_nameindex)
    else os.listdir("/proc/self/net/dev_snmp6") in ([], ["lo"]),
    "read_only_root": refused(lambda: open("/probe", "w")),
    "no_home": not os.path.exists("/home") and refused(lambda: os.listdir("/root/.ssh")),
    "no_name_of_host": os.uname().nodename == "cell",
    "inodes_limited": os.statvfs(os.getcwd()).f_files <= 500,
}

frame = json.dumps(FACTS).encode()
os.write(CHANNEL[1], struct.pack(">I", len(frame)) + frame)  # type: ignore[name-defined] # noqa: F821
os.read(CHANNEL[0], 1)  # type: ignore[name-defined] # noqa: F821
