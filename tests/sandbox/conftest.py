"""The real engine of these tests, or a reason why it is not there; a keeper, pools and accelerators to test with."""

import os

import pytest

from sandbox import SandboxUnavailable
from sandbox.bwrap import BwrapEngine
from sandbox.devices import Devices, NvidiaSmi
from sandbox.docker import DockerEngine
from sandbox.pool import Pool
from tests.sandbox.kept import Streams, keeping
from tests.sandbox.nvidia import Machine


@pytest.fixture(scope="session")
def bwrap():
    try:
        engine = BwrapEngine()
    except SandboxUnavailable as reason:
        pytest.skip(f"no bwrap cells here: {reason}")
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def docker():
    try:
        engine = DockerEngine()
    except SandboxUnavailable as reason:
        pytest.skip(f"no Docker cells here: {reason}")
    yield engine
    engine.close()


@pytest.fixture
def streams():
    """The containers of a keeper."""
    return Streams()


@pytest.fixture
def path(tmp_path, streams):
    """The socket of a keeper that serves."""
    with keeping(tmp_path, streams) as path:
        yield path


@pytest.fixture
def make():
    """Makes pools, which end with the test."""
    pools = []

    def make(engine, *arguments, **options):
        pools.append(Pool(engine, *arguments, **options))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with two accelerators: what is changed there, its programs tell."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return Machine(tmp_path / "bin")


@pytest.fixture
def opened(machine, tmp_path):
    """Opens the accelerators of that machine, as each grader does for itself."""

    def open_them(clean_seconds=0.0):
        return Devices(NvidiaSmi(), tmp_path / "locks", clean_seconds)

    return open_them
