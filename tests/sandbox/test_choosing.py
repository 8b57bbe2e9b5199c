"""Which engine is taken, and what is said when there is none."""

import pytest

from sandbox import SandboxUnavailable, choosing


class Named:
    def __init__(self, name):
        self.name = name


@pytest.fixture
def works(monkeypatch):
    """Say which engines work here."""
    monkeypatch.delenv("ANNEAL_ENGINE", raising=False)

    def works(*names):
        def open_engine(name):
            if name in names:
                return Named(name)
            raise SandboxUnavailable(f"install {name} first")

        monkeypatch.setattr(choosing, "_open", open_engine)

    return works


def test_docker_comes_first(works):
    works("docker", "bwrap")

    assert choosing.choose().name == "docker"


def test_bwrap_stands_in_and_the_log_says_why(works, caplog):
    works("bwrap")

    assert choosing.choose().name == "bwrap"
    assert "install docker first" in caplog.text


def test_a_named_engine_has_no_substitute(works, monkeypatch):
    works("bwrap")

    with pytest.raises(SandboxUnavailable, match="install docker first"):
        choosing.choose("docker")
    monkeypatch.setenv("ANNEAL_ENGINE", "runsc")
    with pytest.raises(SandboxUnavailable, match="install runsc first"):
        choosing.choose()


def test_without_any_engine_every_remedy_is_told(works):
    works()

    with pytest.raises(SandboxUnavailable) as caught:
        choosing.choose()
    assert "install docker first" in str(caught.value) and "install bwrap first" in str(caught.value)


def test_a_name_that_is_no_engine_is_refused():
    with pytest.raises(SandboxUnavailable, match="docker, runsc, bwrap"):
        choosing.choose("none")


def test_bwrap_by_name_is_the_real_one(bwrap):
    engine = choosing.choose("bwrap")

    assert engine.describe()["engine"] == "bwrap"
    engine.close()
