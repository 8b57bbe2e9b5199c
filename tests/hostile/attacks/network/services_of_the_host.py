# expect: passed
# exercise: roomy
"""Sockets of the machine it runs on."""

import os
import socket
import sys

print("attempted", file=sys.stderr, flush=True)
for path in (
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/systemd/private",
    "/run/dbus/system_bus_socket",
):
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        print("ESCAPED", path)
    except OSError:
        pass
for name in ("/tmp/dbus", "/containerd-shim/x", "@/org/kernel/linux/storage/multipathd", "/tmp/.X11-unix/X0"):
    try:
        socket.socket(socket.AF_UNIX).connect("\0" + name)
        print("ESCAPED", name)
    except OSError:
        pass
LARGE = ("/proc", "/sys", "/usr", "/lib", "/opt")
for folder, folders, names in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in LARGE and name != "lib"]
    for name in names:
        path = os.path.join(folder, name)
        if not os.path.islink(path) and os.stat(path).st_mode & 0o170000 == 0o140000:
            print("ESCAPED socket", path)


def double(numbers):
    return [2 * number for number in numbers]
