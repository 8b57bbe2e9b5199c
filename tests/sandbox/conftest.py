"""The real engine of these tests, or a reason why it is not there."""

import pytest

from sandbox import SandboxUnavailable
from sandbox.bwrap import BwrapEngine
from sandbox.docker import DockerEngine


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
