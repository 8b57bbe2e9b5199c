"""The set-up's steps: done once, again when something changed, and plain about what failed."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path

import pytest

from learn.starting.fresh import DISK_REMEDY, report, take
from learn.starting.steps import Console, Step, StepFailed, digest_of_files


@pytest.fixture
def console(tmp_path):
    with Console(tmp_path / "logs" / "setup.log", io.StringIO()) as console:
        yield console


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def step_over(folder: Path, work=lambda console: None, **more) -> Step:
    """A step whose input is the file `input`."""
    (folder / "input").touch()
    return Step("A step", folder / "stamp", lambda: digest_of_files([folder / "input"]), work, **more)


def test_a_step_is_taken_once(tmp_path, console):
    taken = []
    step = step_over(tmp_path, taken.append)

    take([step], console)
    take([step], console)

    assert len(taken) == 1
    assert "A step: done" in console.out.getvalue()


def test_a_step_is_taken_again_when_its_inputs_change(tmp_path, console):
    step = step_over(tmp_path)
    take([step], console)
    (tmp_path / "input").write_text("changed")

    assert not step.is_done()


def test_a_step_is_taken_again_when_what_it_made_is_gone(tmp_path, console):
    made = tmp_path / "made"
    step = step_over(tmp_path, lambda console: made.touch(), outputs=(made,))
    take([step], console)
    assert step.is_done()

    made.unlink()
    assert not step.is_done()


def test_a_step_that_failed_is_not_done(tmp_path, console):
    wanted = [("import sys; sys.exit(1)"), "pass"]
    step = step_over(tmp_path, lambda console: console.command(*python(wanted.pop(0))))

    with pytest.raises(StepFailed):
        take([step], console)
    assert not step.is_done()
    take([step], console)
    assert step.is_done()


def test_a_failure_says_which_command_its_last_lines_what_to_do_and_where_the_log_is(tmp_path, console, capsys):
    code = "import sys\nfor n in range(100): print('line', n)\nsys.exit(3)"
    step = step_over(tmp_path, lambda console: console.command(*python(code)), remedy="Turn it off and on again.")

    with pytest.raises(StepFailed) as failed:
        take([step], console)
    report(failed.value, console.log_path)

    said = capsys.readouterr().err
    assert "ended with status 3" in said and sys.executable in said
    assert "    line 99\n" in said and "line 84\n" not in said and "Turn it off and on again." in said
    assert str(console.log_path) in said and "line 0\n" in console.log_path.read_text()


def test_a_full_disk_is_called_a_full_disk(tmp_path, console):
    code = "import sys; sys.exit('OSError: [Errno 28] No space left on device')"
    step = step_over(tmp_path, lambda console: console.command(*python(code)), remedy="Check the network.")

    with pytest.raises(StepFailed) as failed:
        take([step], console)
    assert failed.value.remedy == DISK_REMEDY


def test_a_command_that_is_not_there_fails_in_words(console):
    with pytest.raises(StepFailed) as failed:
        console.command("/nowhere/npm", "ci")
    assert "No such file" in failed.value.lines[0]


def test_the_digest_sees_names_and_contents_and_no_caches(tmp_path):
    (tmp_path / "a").write_text("1")
    before = digest_of_files([tmp_path])

    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("2")
    assert digest_of_files([tmp_path]) == before
    (tmp_path / "a").rename(tmp_path / "b")
    assert digest_of_files([tmp_path]) != before


def test_without_a_terminal_a_long_step_still_says_that_it_lives(tmp_path, monkeypatch):
    monkeypatch.setattr("learn.starting.steps.HEARTBEAT_SECONDS", 0.2)
    out = io.StringIO()
    with Console(tmp_path / "log", out) as console:
        console.begin("Waiting")
        console.command(*python("import time; print('still at it', flush=True); time.sleep(1.2)"))
        console.end()

    said = out.getvalue().splitlines()
    assert said[0] == "Waiting …" and said[1].endswith("still at it") and said[-1].startswith("Waiting: done (")
    assert len(said) <= 9, "not a line for each half second of silence"


def test_ctrl_c_ends_a_command_and_what_it_started(tmp_path):
    code = (
        "import signal, sys; sys.path[:0] = sys.argv[1:]\n"
        # As in a terminal: what a shell starts in the background is told to ignore it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pathlib import Path\nfrom learn.starting.steps import Console\n"
        "with Console(Path('log')) as console: console.command('sh', '-c', 'sleep 300 & echo $! > pid; wait')"
    )
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([*python(code), str(root / "platform"), str(root)], cwd=tmp_path, stderr=subprocess.PIPE)
    pid = tmp_path / "pid"
    while not pid.exists() or not pid.read_text().strip():
        assert process.poll() is None
    process.send_signal(2)
    process.wait(20)

    until = time.monotonic() + 10  # a kill is sent at once and arrives when the kernel comes to it
    while _runs(pid.read_text().strip()) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(pid.read_text().strip())


def _runs(pid: str) -> bool:
    """Whether the process is there and is no zombie."""
    try:
        return bool(Path("/proc", pid, "cmdline").read_bytes())
    except OSError:
        return False
