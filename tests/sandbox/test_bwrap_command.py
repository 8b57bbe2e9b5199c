"""Which files of the host a cell sees, told from where its Python is."""

import os
import sys

from sandbox import Limits, Profile
from sandbox.bwrap_command import Interpreter, bwrap_arguments

SYSTEM = Interpreter("/usr/bin/python3", "/usr", "/usr", "python3.11", "3.11.2")
FDS = {"seccomp": 10, "hosts": 11, "info": 12, "block": 13}


def test_of_the_systems_python_only_python_is_shown():
    assert not {"/usr", "/usr/bin", "/usr/lib", "/usr/local"} & set(SYSTEM.binds())


def test_of_a_virtual_environment_both_folders_and_every_link_are_shown():
    interpreter = Interpreter.ask(sys.executable)
    binds = interpreter.binds()

    def shown(path):
        return any(path == bind or path.startswith(bind + "/") for bind in binds)

    assert shown(interpreter.executable) and shown(os.path.realpath(interpreter.executable))
    assert shown(interpreter.prefix)
    assert shown(os.path.realpath(os.__file__))


def test_as_root_a_cell_becomes_a_user_of_its_own_and_otherwise_nobody():
    as_root = bwrap_arguments(SYSTEM, Profile(), 1_900_000_001, False, FDS, "x-1")
    as_user = bwrap_arguments(SYSTEM, Profile(), None, False, FDS, "x-1")

    assert "--unshare-user" not in as_root and "CAP_SETUID" in as_root
    assert "--unshare-user" in as_user and "CAP_SETUID" not in as_user
    for arguments in (as_root, as_user):
        assert {"--unshare-net", "--unshare-pid", "--unshare-ipc", "--new-session", "--die-with-parent"} <= set(
            arguments
        )


def test_the_limits_of_the_profile_arrive():
    arguments = bwrap_arguments(SYSTEM, Profile(limits=Limits(disk_mb=3, files=77)), None, False, FDS, "x-1")

    assert arguments[arguments.index("--size") + 1] == str(3 * 1024 * 1024)
    assert '"inodes": 77' in " ".join(arguments)
