"""Control groups of bwrap cells: the real ones of this machine, and the files that version 2 would get."""

import os
import subprocess
from pathlib import Path

import pytest

from sandbox import Limits, owners
from sandbox.bwrap_cgroups import Groups

LIMITS = Limits(memory_mb=100, processes=10, cpus=0.5)


@pytest.fixture
def real():
    groups = Groups.find()
    if groups is None:
        pytest.skip("this user may make no control groups here")
    return groups


@pytest.fixture
def second(tmp_path):
    """Plain folders in place of version 2: what is written to them can be read."""
    return Groups(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path))


def texts(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_kernel_takes_the_limits_and_counts(real):
    group = real.create(f"{owners.name(os.getpid())}-test", LIMITS, background=True)
    try:
        process = subprocess.Popen(["sleep", "100"])
        group.add(process.pid)

        assert group.processes() == [process.pid]
        assert group.usage().memory_peak_bytes is not None
        assert not group.out_of_memory()
        limit = group.folders["memory"] / ("memory.max" if real.version == 2 else "memory.limit_in_bytes")
        assert int(limit.read_text()) == 100 * 1024 * 1024
        assert int((group.folders["pids"] / "pids.max").read_text()) == 11
    finally:
        process.kill()
        process.wait()
        group.remove()
    assert not any(path.exists() for path in group.paths)


def test_a_group_of_a_dead_owner_is_left_behind_and_of_a_living_one_not(real):
    dead = subprocess.Popen(["true"])
    name = owners.name(dead.pid)
    dead.wait()
    orphan = real.create(f"{name}-1", LIMITS, background=False)
    mine = real.create(f"{owners.name(os.getpid())}-test", LIMITS, background=False)

    left = [group.folders["memory"].name for group in real.left_behind()]

    orphan.remove()
    mine.remove()
    assert orphan.folders["memory"].name in left
    assert mine.folders["memory"].name not in left


def test_what_version_2_is_told(second, tmp_path):
    group = second.create("owner-1", LIMITS, background=True)

    assert texts(tmp_path / "anneal-cell-owner-1") == {
        "memory.max": str(100 * 1024 * 1024),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "11",
        "cpu.max": "25000 50000",
        "cpu.weight": "1",
    }
    group.share(idle=False)
    assert texts(tmp_path / "anneal-cell-owner-1")["cpu.weight"] == "100"


def test_what_version_2_tells(second, tmp_path):
    group = second.create("owner-1", LIMITS, background=False)
    folder = tmp_path / "anneal-cell-owner-1"
    (folder / "memory.peak").write_text("12345\n")
    (folder / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1000000\n")
    (folder / "memory.events").write_text("low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n")
    (folder / "cgroup.procs").write_text("17\n18\n")

    assert (group.usage().memory_peak_bytes, group.usage().cpu_seconds) == (12345, 1.5)
    assert group.out_of_memory()
    assert group.processes() == [17, 18]


def test_a_place_that_takes_no_limit_is_an_error(tmp_path):
    (tmp_path / "parent").mkdir()
    missing = Groups(2, {"memory": tmp_path / "parent"})  # no limit for processes

    with pytest.raises(OSError, match="does not take its limits"):
        missing.create("owner-1", LIMITS, background=False)


def test_the_place_is_below_the_group_of_this_process_or_at_the_top(real):
    own = Path("/proc/self/cgroup").read_text()

    for parent in real.parents.values():
        assert parent.is_relative_to("/sys/fs/cgroup")
        inside = "/" + str(parent.relative_to("/sys/fs/cgroup").as_posix()).partition("/")[2]
        assert inside == "/" or any(line.split(":", 2)[2].startswith(inside) for line in own.splitlines())
