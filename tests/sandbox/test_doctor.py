"""The doctor finds every hole that we leave on purpose, and none where there is none."""

import json
import os
import subprocess
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

import pytest

from sandbox.docker import DockerEngine
from sandbox.doctor import attack, limits, report

pytestmark = pytest.mark.docker


class Weakened(DockerEngine):
    """As configured, but for some settings of the container."""

    def __init__(self, **settings):
        self._settings = settings
        super().__init__()

    def _config(self, *arguments, **options):
        config = deepcopy(super()._config(*arguments, **options))
        host = config["HostConfig"]
        for name, value in self._settings.items():
            target = host if name in host or name not in ("User", "NetworkDisabled") else config
            target[name] = value
        return config


def failed(engine, quick=True):
    try:
        return {f"{finding.group}: {finding.name}" for finding in attack(engine, quick=quick) if not finding.held}
    finally:
        engine.close()


def test_nothing_works_against_a_cell_as_we_make_it(docker):
    assert [finding for finding in attack(docker, quick=False) if not finding.held] == []


def test_nothing_works_against_a_bwrap_cell(bwrap):
    assert [finding for finding in attack(bwrap, quick=True) if not finding.held] == []


def test_every_kind_of_attack_is_among_the_quick_ones(docker):
    groups = {finding.group for finding in attack(docker)}

    assert groups == {
        *("network", "files", "devices", "system", "namespaces", "mounts", "kernel"),
        *("privileges", "processes", "neighbours", "limits"),
    }


def test_a_network_is_found():
    found = failed(Weakened(NetworkMode="host", NetworkDisabled=False))

    assert "network: a call to the host that arrived" in found
    assert "network: a socket of the host by its abstract name" in found
    assert "neighbours: calling it by an abstract name" in found
    assert "neighbours: a call to another cell that arrived" in found
    assert "network: connecting to 127.0.0.1" in " ".join(found)


def test_a_missing_filter_is_found():
    found = failed(Weakened(SecurityOpt=["no-new-privileges", "seccomp=unconfined"]))

    assert {"privileges: calling without a filter", "namespaces: a new user namespace"} <= found
    assert {"processes: tracing a process", "processes: process_vm_readv on a process"} <= found
    assert "kernel: the system call add_key" in found


def test_the_usual_filter_of_the_engine_is_not_enough():
    found = failed(Weakened(SecurityOpt=["no-new-privileges"]))

    assert "processes: tracing a process" in found


def test_privileges_are_found():
    found = failed(
        Weakened(User="0:0", CapDrop=[], CapAdd=["SYS_ADMIN"], SecurityOpt=["seccomp=unconfined"], Tmpfs={"/tmp": ""})
    )

    assert {"privileges: being root", "privileges: a capability (CapEff)", "mounts: mounting a tmpfs"} <= found
    assert {"privileges: gaining privileges by a program", "privileges: becoming root"} <= found
    assert {"namespaces: a new mount namespace", "kernel: the system call sethostname"} <= found


def test_a_writable_root_is_found():
    found = failed(Weakened(User="0:0", ReadonlyRootfs=False, CapDrop=[], Tmpfs={"/tmp": ""}))

    assert {"files: writing /written", "files: writing /etc/written"} <= found


def test_a_folder_of_the_host_is_found(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        os.chmod(folder, 0o755)
        found = failed(Weakened(Binds=[f"{folder}:{folder}:ro"]))

    assert "files: reading a file of the host" in found


def test_a_file_of_the_host_is_found(tmp_path):
    file = tmp_path / "shadow"
    file.write_text("a secret")

    assert "files: looking into /etc/shadow" in failed(Weakened(Binds=[f"{file}:/etc/shadow:ro"]))


def test_the_processes_of_the_host_are_found():
    found = failed(Weakened(PidMode="host"))

    assert {"processes: seeing processes of the host", "neighbours: seeing its processes"} <= found


def test_shared_memory_that_is_shared_is_found():
    found = failed(Weakened(IpcMode="host", Tmpfs={"/tmp": "rw,mode=1777"}))
    Path("/dev/shm/of-another-cell").unlink(missing_ok=True)  # this once the other cell wrote to the machine's own

    assert "neighbours: reading its files in /dev/shm" in found


def test_a_device_is_found():
    found = failed(
        Weakened(Devices=[{"PathOnHost": "/dev/zero", "PathInContainer": "/dev/kvm", "CgroupPermissions": "rwm"}])
    )

    assert "devices: opening /dev/kvm" in found


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ({"Memory": 0, "MemorySwap": 0}, "more memory"),
        ({"PidsLimit": 0}, "more processes"),
        ({"Tmpfs": {"/tmp": "rw,mode=1777,nr_inodes=256"}, "Memory": 2**30, "MemorySwap": 2**30}, "more disk"),
        ({"Tmpfs": {"/tmp": "rw,mode=1777,size=8m"}, "Memory": 2**30, "MemorySwap": 2**30}, "more files"),
        ({"Ulimits": []}, "more open files"),
    ],
)
def test_a_missing_limit_is_found(setting, name):
    engine = Weakened(**setting)
    attempt = next(attempt for attempt in limits.ATTEMPTS if attempt.name == name)
    finding = limits.attempt_on(engine, attempt)
    engine.close()

    assert finding.tried and not finding.held


def test_too_much_of_the_processor_is_found():
    if os.getloadavg()[0] > os.cpu_count():
        pytest.skip("the machine is too busy: there is no more of the processor to take")
    engine = Weakened(CpuQuota=0, CpuPeriod=0)
    finding = limits.more_processor(engine)
    engine.close()

    assert finding.tried and not finding.held


def test_the_report_is_readable_by_people_and_programs(docker, capsys):
    engine = DockerEngine()
    code = report(engine, as_json=True, quick=True)
    told = json.loads(capsys.readouterr().out)

    assert code == 0 and told["held"]
    assert told["facts"]["engine"] == "docker" and told["facts"]["kernel"]
    assert all(finding["tried"] for finding in told["findings"])


def test_the_command_ends_with_1_when_something_did_not_hold():
    engine = Weakened(PidsLimit=0)

    assert report(engine, quick=True, out=open("/dev/null", "w")) == 1


def test_the_command_says_what_it_lacks_without_an_engine():
    result = subprocess.run(
        [sys.executable, "-m", "sandbox", "doctor", "--engine", "docker"],
        env={"PATH": "/usr/bin:/bin", "DOCKER_HOST": "unix:///nobody/listens/here.sock"},
        capture_output=True,
        text=True,
    )

    assert result.returncode == 1
    assert "no Docker engine answers" in result.stderr


def test_a_worker_in_a_container_of_its_own_finds_no_holes_that_are_none(docker, monkeypatch):
    """Its home is the root, which a cell has too, and a process of the cell may have its number."""
    monkeypatch.setenv("HOME", "/")
    monkeypatch.setattr(os, "getpid", lambda: 1)

    assert [finding for finding in attack(docker, quick=True) if not finding.held] == []
