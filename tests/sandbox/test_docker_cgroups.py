"""Counters of control groups, of both versions, from files as the kernel writes them."""

import os

import pytest

from sandbox import Usage
from sandbox.cgroups import Group
from tests.sandbox.programs import ECHO, soon, start


@pytest.fixture
def first(tmp_path):
    for name, text in {
        "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
        "memory.max_usage_in_bytes": "104857600\n",
        "cpuacct.usage": "1500000000\n",
        "cpu.shares": "1024\n",
    }.items():
        (tmp_path / name).write_text(text)
    return Group(1, dict.fromkeys(("memory", "cpu", "cpuacct"), tmp_path))


@pytest.fixture
def second(tmp_path):
    for name, text in {
        "memory.events": "low 0\nhigh 0\nmax 7\noom 0\noom_kill 0\n",
        "memory.peak": "104857600\n",
        "cpu.stat": "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n",
        "cpu.weight": "100\n",
    }.items():
        (tmp_path / name).write_text(text)
    return Group(2, dict.fromkeys(("memory", "cpu"), tmp_path))


@pytest.fixture(params=["first", "second"])
def group(request):
    return request.getfixturevalue(request.param)


def test_usage_is_read_in_bytes_and_seconds(group):
    assert group.usage() == Usage(104857600, 1.5)


def test_a_limit_that_was_met_is_not_yet_too_little_memory(group):
    assert not group.out_of_memory()


def test_a_process_killed_for_its_memory_is_seen(group):
    for name in ("memory.oom_control", "memory.events"):
        path = group.folders["memory"] / name
        if path.exists():
            path.write_text(path.read_text().replace("oom_kill 0", "oom_kill 2"))

    assert group.out_of_memory()


def test_a_group_that_is_gone_tells_nothing_and_raises_nothing(group):
    for path in group.folders["memory"].iterdir():
        path.unlink()

    assert group.usage() == Usage(None, None)
    assert not group.out_of_memory()


def test_idle_is_the_smallest_share_there_is(first):
    assert first.share(idle=True)
    assert (first.folders["cpu"] / "cpu.shares").read_text() == "2"
    assert first.share(idle=False)
    assert (first.folders["cpu"] / "cpu.shares").read_text() == "1024"


def test_a_group_is_only_found_under_its_name():
    assert Group.of(os.getpid(), "no-such-container") is None
    assert Group.of(2**22 + 1, "") is None


@pytest.mark.docker
def test_the_group_of_a_real_cell_is_found_and_counts(docker):
    cell = start(docker, ECHO)
    group = cell.find_group()
    cell.send(b"x", soon())
    cell.receive(1, soon())
    usage = group.usage()
    cell.kill()

    assert usage.memory_peak_bytes > 1_000_000 and usage.cpu_seconds > 0
