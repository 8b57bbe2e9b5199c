"""Which sandbox and which programs a machine runs, what each may know, and where the site listens."""

from __future__ import annotations

import os
import re
import socket
import threading
from pathlib import Path

import pytest

from graders.broker import celery_url, redis_url, socket_path
from learn.starting import home as homes
from learn.starting import ports
from learn.starting.engines import docker_answers, meaning_of_engine, wanted_engine
from learn.starting.programs import SECRETS, programs

ROOT = Path(__file__).resolve().parents[2]


def test_without_a_docker_engine_bwrap_is_prepared_and_its_meaning_is_said(tmp_path):
    environment = {"DOCKER_HOST": f"unix://{tmp_path}/docker.sock"}

    assert not docker_answers(environment)
    assert wanted_engine(environment) == "bwrap"
    assert "no Docker engine answers" in meaning_of_engine(environment)
    assert "as ANNEAL_ENGINE says" in meaning_of_engine({"ANNEAL_ENGINE": "bwrap"})


def test_a_socket_of_something_else_is_no_docker_engine(tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        assert not docker_answers({"DOCKER_HOST": f"unix://{tmp_path}/s"})


def test_the_broker_s_socket_fits_whatever_the_folder_is_called(monkeypatch, tmp_path):
    monkeypatch.delenv("REDIS_URL", raising=False)
    for name in ("short", "with spaces and 中文 100%", "long" * 50):
        home = tmp_path / name
        monkeypatch.setenv("ANNEAL_HOME", str(home))

        assert len(os.fsencode(socket_path(home))) <= 107
        assert redis_url().isascii() and " " not in redis_url()
        assert celery_url() == redis_url().replace("unix://", "redis+socket://")
    assert socket_path(tmp_path / ("long" * 50)) != socket_path(tmp_path / ("other" * 40))


def test_a_folder_for_sockets_that_others_can_enter_is_refused(monkeypatch, tmp_path):
    folder = tmp_path / "anneal"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    monkeypatch.setattr(homes, "short_folder", lambda: folder)

    with pytest.raises(homes.FolderOfOthers, match="nobody else can enter"):
        homes.prepare_socket(folder / "x.sock")
    folder.chmod(0o700)
    homes.prepare_socket(folder / "x.sock")


def test_a_grader_is_told_no_secret_of_the_site(tmp_path):
    environment = dict.fromkeys(SECRETS, "secret") | {"ANNEAL_POOL": "3", "ANNEAL_ENGINE": "bwrap"}
    with ports.listen("127.0.0.1", 0) as listener:
        found = {one.name: one for one in programs(tmp_path, listener, "http://x", environment)}

    assert set(found) == {"broker", "web", "worker", "scheduler", "grader"}
    assert not set(SECRETS) & set(found["grader"].environment)
    assert "secret" not in found["grader"].environment.values()
    assert found["grader"].environment["ANNEAL_POOL"] == "3"
    assert found["web"].environment["DATABASE_URL"] == "secret"


def test_where_cells_are_containers_a_keeper_alone_is_told_the_way_to_the_engine(tmp_path):
    environment = dict.fromkeys(SECRETS, "secret") | {"ANNEAL_ENGINE": "runsc", "DOCKER_HOST": "tcp://d:2375"}
    with ports.listen("127.0.0.1", 0) as listener:
        found = {one.name: one for one in programs(tmp_path, listener, "http://x", environment)}
    keeper, grader = found["keeper"], found["grader"]

    assert keeper.environment["DOCKER_HOST"] == "tcp://d:2375" and "DOCKER_HOST" not in grader.environment
    assert "secret" not in keeper.environment.values() and "REDIS_URL" not in keeper.environment
    socket = keeper.command[keeper.command.index("--socket") + 1]
    assert grader.environment["ANNEAL_KEEPER"] == socket and len(socket) <= 107
    assert keeper.command[keeper.command.index("--engine") + 1] == "runsc"
    assert keeper.last  # graders finish what they hold


def test_the_page_for_operators_names_every_program(tmp_path):
    page = (ROOT / "docs" / "operator" / "start.md").read_text()
    with ports.listen("127.0.0.1", 0) as listener:
        found = {one.name for one in programs(tmp_path, listener, "http://x", {"ANNEAL_ENGINE": "docker"})}

    assert set(re.findall(r"^\| (\w+) \|.*`logs/\1\.log` \|$", page, re.M)) == found


def test_a_keeper_of_the_operator_s_is_used_and_none_started(tmp_path):
    environment = {"ANNEAL_ENGINE": "docker", "ANNEAL_KEEPER": "/elsewhere/keeper.sock"}
    with ports.listen("127.0.0.1", 0) as listener:
        found = {one.name: one for one in programs(tmp_path, listener, "http://x", environment)}

    assert "keeper" not in found
    assert found["grader"].environment["ANNEAL_KEEPER"] == "/elsewhere/keeper.sock"


def test_a_broker_of_the_operator_s_is_used_and_none_started(tmp_path):
    with ports.listen("127.0.0.1", 0) as listener:
        environment = {"REDIS_URL": "redis://r:6379/0", "ANNEAL_ENGINE": "bwrap"}
        found = {one.name: one for one in programs(tmp_path, listener, "http://x", environment)}

    assert "broker" not in found
    assert {one.environment["REDIS_URL"] for one in found.values()} == {"redis://r:6379/0"}


# --------------------------------------------------------------------------------------------- ports


@pytest.fixture
def taken():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_taken_port_that_was_asked_for_is_refused_with_its_holder(taken):
    with pytest.raises(ports.PortTaken, match=rf"Port {taken} is taken by .*\(process {os.getpid()}\)"):
        ports.listen("127.0.0.1", taken)


def test_without_a_port_the_next_free_one_is_taken(monkeypatch, taken):
    monkeypatch.setattr(ports, "DEFAULT_PORT", taken)
    with ports.listen("127.0.0.1", None) as listener:
        assert listener.getsockname()[1] > taken


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 8000), ("192.0.2.7", 0), ("127.0.0.1", 70000)])
def test_an_address_that_cannot_be_had_is_refused_in_words(host, port):
    with pytest.raises(ports.PortTaken):
        ports.listen(host, port)


def test_who_listens_for_everyone_answers_to_the_machine_s_name(tmp_path):
    for host, named in (("0.0.0.0", True), ("127.0.0.1", False)):
        with ports.listen(host, 0) as listener:
            web = next(one for one in programs(tmp_path, listener, "http://x", {}) if one.name == "web")
        assert (web.environment.get("ANNEAL_ALLOWED_HOSTS") == socket.gethostname()) is named


def test_every_address_is_shown_as_one_that_a_browser_can_open():
    with ports.listen("0.0.0.0", 0) as listener:
        assert ports.shown_host(listener) != "0.0.0.0"
    with ports.listen("127.0.0.1", 0) as listener:
        assert ports.shown_host(listener) == "127.0.0.1"
