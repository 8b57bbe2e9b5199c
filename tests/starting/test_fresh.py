"""A fresh machine: which Python, which pip, which torch, which sandbox, and a folder with any name."""

from __future__ import annotations

import ensurepip
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from graders.broker import celery_url, redis_url, socket_path
from learn.starting import bundle, debs, environments, first_pip, fresh, ports
from learn.starting import home as homes
from learn.starting.engines import docker_answers, meaning_of_engine, wanted_engine
from learn.starting.programs import SECRETS, programs
from learn.starting.steps import Console, StepFailed

ROOT = Path(__file__).resolve().parents[2]
STANDARD_LIBRARY_ONLY = (
    "home",
    "steps",
    "debs",
    "first_pip",
    "environments",
    "bundle",
    "engines",
    "fresh",
    "command",
    "__main__",
)


def start(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(["/bin/sh", str(ROOT / script), "--help"], env=environment, capture_output=True, text=True)


@pytest.fixture
def bare_path(tmp_path):
    """A PATH with what a shell script may expect, and no Python."""
    for name in ("dirname", "cat", "sh"):
        (tmp_path / name).symlink_to(shutil.which(name))
    return tmp_path


@pytest.mark.parametrize("script", ["run", "test"])
def test_without_python_the_start_says_what_to_install(bare_path, script):
    ended = start(script, bare_path)
    assert ended.returncode == 1 and "Python 3.11 or newer" in ended.stderr


def test_an_old_python_is_passed_over_for_a_newer_one(bare_path):
    (bare_path / "python3").write_text("#!/bin/sh\nexit 1\n")  # as 3.9 would answer
    (bare_path / "python3").chmod(0o755)
    (bare_path / "python3.12").symlink_to(sys.executable)

    ended = start("run", bare_path)
    assert ended.returncode == 0 and "usage: ./run" in ended.stdout


@pytest.mark.parametrize("place", ["a file", "a kernel's folder"])
def test_a_home_in_which_nothing_can_be_kept_is_named_before_anything_is_done(tmp_path, place):
    home = tmp_path / "home" if place == "a file" else Path("/proc/anneal")
    if place == "a file":
        home.write_text("in the way")
    environment = {**os.environ, "ANNEAL_HOME": str(home), "ANNEAL_PYTHON": sys.executable}
    ended = subprocess.run([ROOT / "run"], env=environment, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1 and ended.stdout == ""
    assert f"Anneal keeps its own in {home}, and cannot" in ended.stderr and "Traceback" not in ended.stderr


def test_what_runs_before_any_package_is_there_needs_the_standard_library_alone():
    """In an interpreter that sees no site-packages at all."""
    modules = ", ".join(f"learn.starting.{name}" for name in STANDARD_LIBRARY_ONLY)
    code = f"import sys; sys.path[:0] = {[str(ROOT / 'platform'), str(ROOT)]!r}; import {modules}"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def test_a_checkout_of_somebody_else_s_is_named_as_what_is_wrong(monkeypatch):
    failure = StepFailed("`venv` ended with status 1", ["Error: [Errno 13] Permission denied: '.venv'"])
    step = environments.packages_step("web")
    assert "PIP_INDEX_URL" in fresh.remedy_for(failure, step)

    monkeypatch.setattr(fresh.os, "access", lambda path, mode: False)  # root may write everywhere
    assert f"write in {ROOT}" in fresh.remedy_for(failure, step)


@pytest.mark.slow
def test_a_start_beside_a_set_up_waits_and_says_so(tmp_path):
    environment = {**os.environ, "ANNEAL_HOME": str(tmp_path / "home"), "ANNEAL_PYTHON": sys.executable}
    with homes.only_one_setup("the test waits for another set-up"):
        words = [ROOT / "run", "--setup-only"]
        second = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert second.stdout is not None
        assert second.stdout.readline() == "Another start is setting this folder up; waiting for it …\n"
        second.send_signal(signal.SIGINT)
        assert second.wait(60) == 130 and "Stopped." in second.stdout.read()


# ----------------------------------------------------------------------------------------------- pip


@pytest.fixture
def index():
    """A package index that has pip, as its JSON form lists it; yields its address and what it serves."""
    wheel = next(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))
    content = wheel.read_bytes()
    served = {
        "listing": {
            "files": [
                {"filename": "pip-99.0b1-py3-none-any.whl", "url": "beta.whl", "hashes": {"sha256": ""}},
                {"filename": "pip-98.0-py3-none-any.whl", "url": "bad.whl", "hashes": {"sha256": ""}, "yanked": True},
                {"filename": "pip-9.0.1-py2.py3-none-any.whl", "url": "old.whl", "hashes": {"sha256": ""}},
                {
                    "filename": wheel.name,
                    "url": f"../files/{wheel.name}#x",
                    "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
                },
            ]
        }
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            files = {"/simple/pip/": json.dumps(served["listing"]).encode(), f"/simple/files/{wheel.name}": content}
            self.send_response(200 if self.path in files else 404)
            self.end_headers()
            self.wfile.write(files.get(self.path, b""))

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"PIP_INDEX_URL": f"http://127.0.0.1:{server.server_port}/simple/"}, served
    server.shutdown()
    server.server_close()


def test_pip_comes_from_the_index_where_python_has_none(index, tmp_path):
    environment, _ = index
    wheel = first_pip.from_index(tmp_path, environment)

    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, f"{wheel}/pip", "install", "--quiet", "--no-index", wheel], check=True)
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0


def test_a_pip_that_is_not_what_the_index_promised_is_refused(index, tmp_path):
    environment, served = index
    served["listing"]["files"][-1]["hashes"]["sha256"] = "0" * 64

    with pytest.raises(ValueError, match="is not the file that the index promised"):
        first_pip.from_index(tmp_path, environment)


@pytest.fixture
def console(tmp_path):
    with Console(tmp_path / "setup.log", io.StringIO()) as console:
        yield console


@pytest.mark.slow
def test_pip_comes_from_the_system_s_packages_where_no_index_is_named(console, monkeypatch, tmp_path):
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    if not debs.can_fetch():
        pytest.skip("apt-get is not on this machine")
    wheel = first_pip.wheel(console, tmp_path)

    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, f"{wheel}/pip", "install", "--quiet", "--no-index", wheel], check=True)
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0

    authorities = ssl.create_default_context(cafile=first_pip.certificates(console, tmp_path)).get_ca_certs()
    assert len(authorities) > 50


def test_without_apt_and_without_an_index_the_start_says_what_to_install(console, monkeypatch, tmp_path):
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setattr(debs.shutil, "which", lambda name: None)

    with pytest.raises(StepFailed, match="no apt-get, and PIP_INDEX_URL names no package index") as told:
        first_pip.wheel(console, tmp_path)
    assert "apt-get install python3-venv ca-certificates" in told.value.remedy


# --------------------------------------------------------------------------------------------- torch


class Report:
    """A console whose pip would take a torch of ours."""

    def __init__(self, version: str, requires: list[str]) -> None:
        self.found = {"install": [{"metadata": {"version": version, "requires_dist": requires}}]}
        self.asked: list[str] = []

    def command(self, *words, **options):
        self.asked = [str(word) for word in words]
        Path(self.asked[self.asked.index("--report") + 1]).write_text(json.dumps(self.found))
        return []

    def note(self, line: str) -> None:
        pass


CUDA = ['nvidia-cudnn-cu13==9.1; platform_system == "Linux"', 'triton==3.9; platform_system == "Linux"']


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's torch brings CUDA")
@pytest.mark.parametrize(
    ("version", "requires", "index"),
    [
        ("2.13.0+cpu", CUDA, []),
        ("2.13.0", ["filelock", "sympy"], []),
        ("2.13.0", CUDA, ["--extra-index-url", environments.CPU_TORCH_INDEX]),
    ],
)
def test_torch_is_taken_as_pip_is_configured_unless_it_brings_cuda(monkeypatch, tmp_path, version, requires, index):
    monkeypatch.delenv("ANNEAL_TORCH_INDEX", raising=False)
    report = Report(version, requires)

    assert environments.torch_index(report, tmp_path) == index
    assert report.asked[-1].startswith("torch==")


def test_the_operator_s_index_for_torch_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("ANNEAL_TORCH_INDEX", "https://mirror.example.org/cpu")
    report = Report("2.13.0", CUDA)

    assert environments.torch_index(report, tmp_path) == ["--extra-index-url", "https://mirror.example.org/cpu"]
    assert report.asked == []


def test_an_environment_without_a_working_python_is_made_again(tmp_path):
    (tmp_path / "bin").mkdir()
    assert not environments.runs(tmp_path / "bin" / "python")
    (tmp_path / "bin" / "python").symlink_to("/nowhere/python3.11")
    assert not environments.runs(tmp_path / "bin" / "python")
    assert environments.runs(Path(sys.executable))


# --------------------------------------------------------------------------------- engines and names


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


# --------------------------------------------------------------------------------------------- Node


def test_npm_of_the_wheel_runs_where_the_machine_has_no_node(monkeypatch):
    monkeypatch.setattr(bundle.shutil, "which", lambda name: None)
    node, npm = bundle.node_and_npm()

    asked = subprocess.run([*npm, "--version"], env={"PATH": str(node.parent)}, capture_output=True, text=True)
    assert asked.returncode == 0 and int(asked.stdout.split(".")[0]) >= 8, asked.stderr
