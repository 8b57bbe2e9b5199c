"""What is our own fault, or the engine's: it is told as such, and nothing is left of it."""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from graders.worker import refuse_what_does_not_hold
from sandbox import CellEnded, Ended, Profile, SandboxUnavailable
from sandbox import docker as engines
from sandbox.docker import DockerEngine
from sandbox.docker_needs import refuse_runtime, runsc_version
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_user_who_may_not_speak_to_the_engine_is_told_so_with_a_remedy(docker, tmp_path):
    """By somebody else: in a process whose own user is nobody."""
    script = "import os; os.setgroups([]); os.setuid(65534)\nfrom sandbox.docker_needs import connect\nconnect()"
    environment = {**os.environ, "HOME": "/nonexistent"}
    words = [sys.executable, "-c", f"import sandbox.docker_needs; {script}"]
    said = subprocess.run(words, capture_output=True, text=True, env=environment).stderr

    assert "this user may not speak to the Docker engine" in said and "group docker" in said


def test_a_machine_with_too_little_memory_is_refused_with_a_remedy(docker, monkeypatch):
    info = {**docker._info, "MemTotal": 500 * 2**20}
    monkeypatch.setattr(engines.docker.APIClient, "info", lambda self: info)

    with pytest.raises(SandboxUnavailable, match="has 500 MB of memory.*give it more"):
        DockerEngine()


def test_a_filter_that_the_kernel_rejects_is_told_with_a_remedy_at_the_start(own, monkeypatch):
    """For real: the engine is handed a filter that says what no kernel knows."""
    broken = json.dumps(
        {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_SING"}]}
    )
    monkeypatch.setattr("sandbox.docker_config.profile_json", lambda: broken)

    with pytest.raises(SandboxUnavailable, match="No cell starts, so no queue is served.*seccomp.*CONFIG_SECCOMP"):
        refuse_what_does_not_hold(own)


def test_an_engine_that_hangs_on_a_removal_gets_no_more_cells_meanwhile(own, monkeypatch):
    cell, release = start(own, ECHO), threading.Event()
    monkeypatch.setattr(engines, "HANGING_SECONDS", 0.2)
    remove = own._api.remove_container
    with monkeypatch.context() as hanging:
        hanging.setattr(own._api, "remove_container", lambda *a, **o: release.wait(30) and remove(*a, **o))
        cell.kill()
        until = soon(10)
        while not own.unhealthy:
            assert time.monotonic() < until
            time.sleep(0.05)
        with pytest.raises(SandboxUnavailable, match=cell.id):
            own.start(plain())
        release.set()
        while own.unhealthy:
            assert time.monotonic() < until + 20
            time.sleep(0.05)
    start(own, ECHO).kill()


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ("runsc version release-20240729.0\nspec: 1.1.0-rc.1\n", 20240729),
        ("runsc version 0.0~20221219.0\nspec: 1.0.2-dev\n", 20221219),
        ("runsc version VERSION_MISSING\n", None),
    ],
)
def test_a_gvisor_tells_its_date(tmp_path, said, date):
    program = tmp_path / "runsc"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{said}END\n")
    program.chmod(0o755)
    assert runsc_version(str(program)) == date
    assert runsc_version(str(tmp_path / "none")) is None


def test_a_gvisor_that_is_too_old_or_unknown_is_refused_unless_the_operator_says_otherwise(tmp_path, monkeypatch):
    program = tmp_path / "runsc"
    program.write_text("#!/bin/sh\necho runsc version release-20230920.0\n")
    program.chmod(0o755)
    old, unknown = ({"Runtimes": {"runsc": {"path": str(path)}}} for path in (program, tmp_path / "elsewhere"))
    monkeypatch.delenv("ANNEAL_RUNSC_MINIMUM", raising=False)

    with pytest.raises(SandboxUnavailable, match="of 20230920.*one of 20240101 or newer.*ANNEAL_RUNSC_MINIMUM"):
        refuse_runtime(old, "runsc")
    with pytest.raises(SandboxUnavailable, match="does not tell its version.*ANNEAL_RUNSC_MINIMUM to 0"):
        refuse_runtime(unknown, "runsc")
    monkeypatch.setenv("ANNEAL_RUNSC_MINIMUM", "20230920")
    assert refuse_runtime(old, "runsc") == 20230920
    monkeypatch.setenv("ANNEAL_RUNSC_MINIMUM", "0")
    assert refuse_runtime(unknown, "runsc") is None
    monkeypatch.setenv("ANNEAL_RUNSC_MINIMUM", "yesterday")
    with pytest.raises(SandboxUnavailable, match="the date of a release"):
        refuse_runtime(old, "runsc")


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


def test_an_engine_that_was_replaced_is_described_as_it_is_now(own, monkeypatch):
    was = own.describe()
    newer = own._api.version() | {"Version": "99.0"}
    monkeypatch.setattr(own._api, "version", lambda: newer)

    assert own.describe() == was | {"engine_version": "99.0"}


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


def test_a_container_that_an_engine_on_its_way_out_never_made_keeps_nothing_closed(own, monkeypatch):
    monkeypatch.setattr(engines, "REMOVE_SECONDS", 0.3)

    def gone(*arguments, **options):
        raise requests.ConnectionError("connection refused")

    with monkeypatch.context() as away:
        for call in ("create_container_from_config", "remove_container", "containers"):
            away.setattr(own._api, call, gone)
        with pytest.raises(CellEnded):
            own.start(plain())
        until = soon(10)
        while not own.unhealthy:
            assert time.monotonic() < until
            time.sleep(0.05)
        own.sweep()
        assert own.unhealthy  # nobody says yet that it is not there
    own.sweep()

    assert own.unhealthy == ""
    start(own, ECHO).kill()
