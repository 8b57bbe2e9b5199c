"""The real engine of these tests, or a reason why it is not there."""

import pytest

from sandbox import SandboxUnavailable
from sandbox.bwrap import BwrapEngine


@pytest.fixture(scope="session")
def bwrap():
    try:
        engine = BwrapEngine()
    except SandboxUnavailable as reason:
        pytest.skip(f"no bwrap cells here: {reason}")
    yield engine
    engine.close()
