"""Which pip, which torch and which npm the set-up takes."""

from __future__ import annotations

import ensurepip
import hashlib
import http.server
import io
import json
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from learn.starting import bundle, debs, environments, first_pip
from learn.starting.steps import Console, StepFailed

ROOT = Path(__file__).resolve().parents[2]


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


@pytest.fixture
def console(tmp_path):
    with Console(tmp_path / "setup.log", io.StringIO()) as console:
        yield console


def test_pip_comes_from_the_index_where_python_has_none(index, console, tmp_path):
    environment, _ = index
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"

    first_pip.install(console, python, environment)
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0


def test_a_pip_that_is_not_what_the_index_promised_is_refused(index, tmp_path):
    environment, served = index
    served["listing"]["files"][-1]["hashes"]["sha256"] = "0" * 64

    with pytest.raises(ValueError, match="is not the file that the index promised"):
        first_pip.from_index(tmp_path, environment)


@pytest.mark.slow
def test_pip_begins_with_the_system_s_packages_where_no_index_is_named(console, monkeypatch, tmp_path):
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setattr(first_pip, "SYSTEMS", tmp_path / "none")
    if not debs.can_fetch():
        pytest.skip("apt-get is not on this machine")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    assert not first_pip.has_pip(python)

    first_pip.install(console, python, environments.own_environment())
    assert first_pip.has_pip(python) and environments.trusts_anyone(python)


@pytest.mark.slow
def test_the_certificates_are_those_of_many_authorities(console, monkeypatch, tmp_path):
    monkeypatch.setattr(first_pip, "SYSTEMS", tmp_path / "none")
    if not debs.can_fetch():
        pytest.skip("apt-get is not on this machine")

    bundle = first_pip.certificates(console, tmp_path)
    assert len(ssl.create_default_context(cafile=bundle).get_ca_certs()) > 50


def test_without_apt_and_without_an_index_the_start_says_what_to_install(console, monkeypatch, tmp_path):
    monkeypatch.setattr(debs.shutil, "which", lambda name: None)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)

    with pytest.raises(StepFailed, match="no apt-get, and PIP_INDEX_URL names no package index") as told:
        first_pip.install(console, tmp_path / "venv" / "bin" / "python", {})
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


# --------------------------------------------------------------------------------------------- Node


def test_npm_of_the_wheel_runs_where_the_machine_has_no_node(monkeypatch):
    monkeypatch.setattr(bundle.shutil, "which", lambda name: None)
    node, npm = bundle.node_and_npm()

    asked = subprocess.run([*npm, "--version"], env={"PATH": str(node.parent)}, capture_output=True, text=True)
    assert asked.returncode == 0 and int(asked.stdout.split(".")[0]) >= 8, asked.stderr
