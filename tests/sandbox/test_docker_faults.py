"""What is our own fault, or the engine's: it is told as such, and nothing is left of it."""

import logging
import socket
import threading
import time

import pytest
import requests

from sandbox import CellEnded, Ended, Profile, SandboxUnavailable
from sandbox import docker as engines
from sandbox.docker import DockerEngine
from tests.sandbox.programs import ECHO, how_it_ends, plain, soon, start

pytestmark = pytest.mark.docker


@pytest.fixture
def own():
    """An engine of its own, to be broken."""
    try:
        engine = DockerEngine()
    except SandboxUnavailable as reason:
        pytest.skip(f"no Docker cells here: {reason}")
    yield engine
    engine.close()


def end_of(call, *arguments):
    with pytest.raises(CellEnded) as caught:
        call(*arguments)
    return caught.value.ended


def test_a_container_that_somebody_else_removed_is_lost_and_not_the_programs_fault(docker):
    cell = start(docker, ECHO)
    docker._api.remove_container(cell.id, force=True)

    assert end_of(cell.receive, 10, soon()) is Ended.LOST


def test_a_container_that_somebody_else_killed_is_lost_and_not_the_programs_fault(docker):
    cell = start(docker, "time.sleep(1000)")
    docker._api.kill(cell.id)

    assert end_of(cell.receive, 10, soon()) is Ended.LOST


def test_a_container_that_cannot_start_is_lost_and_removed(own, monkeypatch):
    made = []

    def config(*arguments, **options):
        body = DockerEngine._config(own, *arguments, **options)
        body["Entrypoint"] = ["/no/such/program"]
        return body

    def create(body, name):
        made.append(name)
        return DockerAPI(body, name)

    DockerAPI = own._api.create_container_from_config
    monkeypatch.setattr(own, "_config", config)
    monkeypatch.setattr(own._api, "create_container_from_config", create)

    assert end_of(own.start, plain()) is Ended.LOST
    until = soon(10)
    while own._api.containers(all=True, filters={"name": made[0]}):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_no_engine_is_told_with_a_remedy(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nobody/listens/here.sock")

    with pytest.raises(SandboxUnavailable, match="no Docker engine answers .*start one"):
        DockerEngine()


def test_something_else_that_listens_is_no_engine(monkeypatch, tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "sock"))
        server.listen()
        threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/sock")

        with pytest.raises(SandboxUnavailable):
            DockerEngine()


def test_a_missing_runtime_is_told_with_a_remedy(docker):
    with pytest.raises(SandboxUnavailable, match="no runtime kata.*daemon.json"):
        DockerEngine("kata")


def test_a_missing_image_is_told_with_a_remedy(docker):
    with pytest.raises(SandboxUnavailable, match="python -m sandbox setup"):
        docker.start(Profile(image="no-such-image"))


def test_a_profile_with_a_gpu_is_refused_where_there_is_none(docker):
    with pytest.raises(SandboxUnavailable, match="no GPU: .*--queues gpu"):
        docker.start(Profile(gpu=True))


def test_an_engine_that_removes_nothing_gets_no_more_cells_until_it_does(own, monkeypatch, caplog):
    caplog.set_level(logging.ERROR)
    cell = start(own, ECHO)
    monkeypatch.setattr(engines, "REMOVE_SECONDS", 0.3)

    def refuse(*arguments, **options):
        raise requests.ReadTimeout("it hangs")

    with monkeypatch.context() as hanging:
        hanging.setattr(own._api, "remove_container", refuse)
        before = time.monotonic()
        cell.kill()
        assert time.monotonic() - before < 1  # the caller does not wait for it
        until = soon(10)
        while not own.unhealthy:
            assert time.monotonic() < until
            time.sleep(0.05)

        with pytest.raises(SandboxUnavailable, match=cell.id):
            own.start(plain())
    assert "cannot be removed" in caplog.text
    own.sweep()

    assert own.unhealthy == ""
    start(own, ECHO).kill()


def test_an_engine_that_answers_no_more_ends_no_caller_but_with_lost(own, monkeypatch):
    cell = start(own, ECHO)

    def refuse(*arguments, **options):
        raise requests.ConnectionError("it is gone")

    for name in ("inspect_container", "remove_container"):
        monkeypatch.setattr(own._api, name, refuse)
    monkeypatch.setattr(engines, "REMOVE_SECONDS", 0.1)
    cell._attachment.hang_up()

    assert end_of(cell.receive, 10, soon()) is Ended.LOST
    monkeypatch.undo()
    own.sweep()


def test_the_engine_describes_what_a_receipt_should_name(docker):
    told = docker.describe()

    assert told["engine"] == "docker" and told["runtime"] == "runc"
    assert told["image:python"].startswith("sha256:")
    assert all(told[name] for name in ("engine_version", "api_version", "kernel", "cgroup_version"))


@pytest.mark.parametrize(
    ("source", "ended"),
    [
        ("kept = []\nwhile True: kept.append(bytearray(1_000_000))", Ended.MEMORY),
        ("os.kill(os.getpid(), 9)", Ended.EXITED),
        ("raise ValueError", Ended.EXITED),
    ],
)
def test_where_no_counter_can_be_read_the_engines_word_decides(docker, monkeypatch, source, ended):
    monkeypatch.setattr(docker, "group_of", lambda container: None)
    told = how_it_ends(docker, source, plain(memory_mb=100))

    assert told.ended is ended
