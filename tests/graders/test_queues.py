"""Which exercise is graded where, with what, and when a grader of accelerators gives up."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from dataclasses import replace

import pytest

from graders import worker
from graders.__main__ import EXIT_BROKEN, EXIT_USAGE, main
from graders.cells import CUDA_MB, Cells, answer_profile, judge_profile
from graders.grade import grade
from graders.heartbeat import Heartbeat
from graders.package import Package, PackageError
from graders.protocol import Job, Outcome
from graders.receipts import of
from sandbox import SandboxUnavailable
from tests.graders.conftest import EXERCISES, job

RIGHT = "def scale(x, by):\n    return x * by\n"


@pytest.fixture
def both(scaled):
    return replace(scaled, also_on=("gpu",))


def test_an_exercise_is_graded_where_its_manifest_says_and_where_else_it_says(tmp_path):
    folder = shutil.copytree(EXERCISES / "scaled", tmp_path / "scaled")
    manifest = folder / "exercise.toml"
    assert Package.read(folder).queues == ("cpu",)

    manifest.write_text('also_on = ["gpu"]\n' + manifest.read_text())
    assert Package.read(folder).queues == ("cpu", "gpu")


@pytest.mark.parametrize("wrong", ["cpu", "tpu", "regrade"])
def test_a_queue_that_cannot_be_another_is_named(tmp_path, wrong):
    folder = shutil.copytree(EXERCISES / "scaled", tmp_path / "scaled")
    (folder / "exercise.toml").write_text(f'also_on = ["{wrong}"]\n' + (folder / "exercise.toml").read_text())

    with pytest.raises(PackageError, match=f"also_on names '{wrong}'; it can name gpu"):
        Package.read(folder)


def test_only_the_gpu_queue_gives_the_learners_code_a_device_and_the_judge_never_has_one(both):
    plain, accelerated = answer_profile(both, "cpu"), answer_profile(both, "gpu")

    assert (
        not plain.gpu and plain.image == "python" and plain == answer_profile(both) == answer_profile(both, "regrade")
    )
    assert accelerated.gpu and accelerated.image == "gpu"
    assert accelerated.limits.memory_mb == both.limits.memory_mb + CUDA_MB
    assert not judge_profile(both).gpu


def test_an_exercise_for_accelerators_alone_has_one_wherever_it_is_graded_again(scaled):
    alone = replace(scaled, queue="gpu")

    assert answer_profile(alone).gpu and answer_profile(alone, "regrade").gpu


class Asked:
    """Cells from elsewhere; writes down for which profile."""

    def __init__(self, source):
        self.source, self.profiles = source, []

    def take(self, profile, deadline):
        self.profiles.append(profile)
        return self.source.take(replace(profile, gpu=False), deadline)


def test_the_job_says_on_which_queue_it_is_graded(both, cells):
    asked = Asked(cells.source)
    own = Cells(asked)

    verdict = grade(replace(job(both, RIGHT), queue="gpu"), both, own)
    own.close()

    assert verdict.outcome is Outcome.PASSED
    assert [profile.gpu for profile in asked.profiles] == [False, True]
    assert verdict.receipt["queue"] == "gpu"


def test_a_job_of_an_earlier_site_names_no_queue_and_is_graded_on_the_exercises_own(both):
    told = job(both, RIGHT).to_dict()
    del told["queue"]

    assert of(Job.from_dict(told), both)["queue"] == "cpu"


def test_a_queue_that_does_not_grade_an_exercise_is_refused_on_the_command_line(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(RIGHT)

    assert main(["grade", str(EXERCISES / "scaled"), str(tmp_path / "mine.py"), "--queue", "gpu"]) == EXIT_USAGE
    assert "scaled is graded on cpu, not on gpu" in capsys.readouterr().err


def test_without_a_device_the_gpu_queue_is_refused_with_a_remedy(tmp_path, capsys, monkeypatch):
    (tmp_path / "mine.py").write_text(RIGHT)
    folder = shutil.copytree(EXERCISES / "scaled", tmp_path / "scaled")
    (folder / "exercise.toml").write_text('also_on = ["gpu"]\n' + (folder / "exercise.toml").read_text())
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(["grade", str(folder), str(tmp_path / "mine.py"), "--queue", "gpu"]) == EXIT_BROKEN
    assert "install NVIDIA's container toolkit" in capsys.readouterr().out


def test_a_grader_of_the_gpu_queue_does_not_start_without_devices(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert worker.serve(["gpu"], 1, None) == 3
    assert "there is no nvidia-ctk here" in caplog.text


# ------------------------------------------------------------------------------- out of service


def test_a_grader_that_can_serve_nobody_ends_and_tells_no_queue_as_served(monkeypatch, tmp_path):
    ended = threading.Event()
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/none.sock")
    monkeypatch.setattr(os, "kill", lambda pid, number: ended.set() if number == signal.SIGTERM else None)
    heartbeat = Heartbeat(["gpu"], {}, lambda: "every device is in quarantine")
    heartbeat.start()
    heartbeat.join(10)

    assert ended.is_set() and not heartbeat.is_alive()
    assert "in quarantine" in heartbeat.ended_by


def test_the_doctor_closes_the_queue_when_a_cell_has_no_device_although_it_should():
    from sandbox.doctor import accelerators

    class Without:
        devices = ("NVIDIA H100 (GPU-1)",)

        def start(self, profile, *, background=False):
            assert profile.gpu
            raise SandboxUnavailable("every device is at work")

    (finding,) = accelerators.attack(Without())
    assert not finding.held and not finding.tried and "at work" in finding.detail
