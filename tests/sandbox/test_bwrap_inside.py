"""What code in a bwrap cell is and sees. Every attempt is made, and each test first proves that it ran."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sandbox.bwrap import BwrapEngine
from tests.sandbox.programs import ask, start


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
