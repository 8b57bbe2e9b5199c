"""What a keeper takes from its callers: requests of its table, within its bounds, and nothing else."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import CellEnded, Ended, Limits, Profile, SandboxUnavailable
from sandbox.keeper import table
from sandbox.keeper.caller import Bounds
from sandbox.keeper.engine import KeptEngine
from sandbox.keeper.line import call
from sandbox.keeper.wire import MAX_MESSAGE, Malformed, decode, encode
from tests.sandbox.kept import LOST, NONE, Streams, keeping
from tests.sandbox.programs import plain

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a keeper's socket keeps packets apart, as Linux can")

START = table.as_request(plain())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def streams():
    return Streams()


@pytest.fixture
def path(tmp_path, streams):
    with keeping(tmp_path, streams) as path:
        yield path


class Stranger:
    """Someone who speaks to the socket by hand."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(5)
        self.socket.connect(str(path))

    def send(self, data: bytes | dict) -> None:
        self.socket.send(data if isinstance(data, bytes) else json.dumps(data).encode())

    def hear(self) -> dict | None:
        """The next reply; None when the keeper hung up."""
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionError:
            return None
        return json.loads(data) if data else None

    def ask(self, **message) -> dict | None:
        self.send({"id": 1, **message})
        return self.hear()


def eventually(true, seconds=10):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.01)


# ------------------------------------------------------------------------------------------ the table


@given(JSON)
def test_whatever_is_asked_a_profile_is_of_the_table_or_refused(asked):
    try:
        profile = table.profile_of(asked if isinstance(asked, dict) else {"kind": "python", "preload": asked})
    except table.Refused:
        return
    assert profile.image in {kind.image for kind in table.KINDS.values()}


@given(st.sampled_from(sorted(START["limits"])), JSON)
def test_whatever_limit_is_asked_it_is_within_the_table_or_refused(name, value):
    try:
        limits = table.profile_of({**START, "limits": {**START["limits"], name: value}}).limits
    except table.Refused:
        return
    assert getattr(table.LEAST, name) <= getattr(limits, name) <= getattr(table.MOST, name)


@given(st.lists(st.text(max_size=30), max_size=4))
def test_whatever_modules_are_asked_they_are_words_that_no_program_takes_for_more(names):
    try:
        profile = table.profile_of({**START, "preload": names})
    except table.Refused:
        return
    assert all(part.isidentifier() for name in profile.preload for part in name.split("."))


@pytest.mark.parametrize(
    "change",
    [
        {"image": "debian"},
        {"Image": "debian"},
        {"mounts": ["/:/host"]},
        {"binds": ["/:/host"]},
        {"env": {"LD_PRELOAD": "x"}},
        {"command": ["sh"]},
        {"runtime": "runc"},
        {"user": 0},
        {"privileged": True},
        {"kind": "../python"},
        {"kind": "debian:latest"},
        {"kind": ["python"]},
        {"gpu": "all"},
        {"gpu": True},
        {"gpu": 1},
        {"preload": "torch"},
        {"preload": ["-c"]},
        {"preload": ["torch; import os"]},
        {"preload": ["torch\n"]},
        {"preload": ["unknown_module"]},
        {"preload": ["torch"] * 17},
        {"limits": {}},
        {"limits": {**START["limits"], "memory_mb": 10**9}},
        {"limits": {**START["limits"], "memory_mb": -1}},
        {"limits": {**START["limits"], "memory_mb": True}},
        {"limits": {**START["limits"], "memory_mb": 100.5}},
        {"limits": {**START["limits"], "lifetime_seconds": 1e9}},
        {"limits": {**START["limits"], "privileged": 1}},
    ],
)
def test_what_is_not_in_the_table_is_refused_and_the_connection_goes_on(path, streams, change):
    stranger = Stranger(path)

    assert stranger.ask(do="start", **{**START, **change})["error"] == "refused"
    assert stranger.ask(do="start", **START)["cell"] == "c1"
    assert len(streams.profiles) == 1


def test_every_profile_that_a_grader_uses_is_in_the_table():
    from pathlib import Path

    from graders.cells import answer_profile, judge_profile
    from graders.package import Package

    for manifest in (Path(__file__).parents[2] / "exercises").glob("*/exercise.toml"):
        package = Package.read(manifest.parent)
        for profile in (answer_profile(package), judge_profile(package)):
            again = table.profile_of(table.as_request(profile))
            assert replace(again, name=profile.name) == profile
    for limits in (Limits(), replace(Limits(), cpus=2)):
        assert table.profile_of(table.as_request(Profile(limits=limits))).limits == limits


# ------------------------------------------------------------------------------------------- messages


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_arrives_is_an_object_or_malformed(data):
    try:
        assert isinstance(decode(data), dict)
    except Malformed:
        pass


@given(st.dictionaries(st.text(max_size=8), st.integers(-(2**60), 2**60) | st.text(max_size=30) | st.booleans()))
def test_what_is_sent_is_what_arrives(message):
    assert decode(encode(message)) == message


NONSENSE = {
    "no JSON": b"\xff\xfe",
    "HTTP": b"POST /containers/create HTTP/1.1\r\nHost: docker\r\n\r\n",
    "deep": b"[" * 16000,
    "no object": b"[1]",
    "one name twice": b'{"id": 1, "do": "hello", "do": "start"}',
    "no number": b'{"do": "hello"}',
    "a number that is none": b'{"id": NaN, "do": "hello"}',
    "true for a number": b'{"id": true, "do": "hello"}',
    "a number of many digits": b'{"id": ' + b"9" * 5000 + b', "do": "hello"}',
    "nothing to do": b'{"id": 1}',
    "an unknown thing to do": b'{"id": 1, "do": "exec"}',
    "private parts": b'{"id": 1, "do": "__class__"}',
    "more than it takes": b'{"id": 1, "do": "hello", "image": "x"}',
    "a cell that is no name": b'{"id": 1, "do": "usage", "cell": ["c1"]}',
    "a cell and more": b'{"id": 1, "do": "remove", "cell": "c1", "force": true}',
    "too long": b'{"id": 1, "do": "' + b"x" * MAX_MESSAGE + b'"}',
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_ends_the_connection_and_its_cells_and_nobody_elses(path, streams, name):
    honest, stranger = Stranger(path), Stranger(path)
    assert honest.ask(do="start", **START)["cell"] == "c1"
    assert stranger.ask(do="start", **START)["cell"] == "c2"

    stranger.send(NONSENSE[name])

    assert stranger.hear() is None
    eventually(lambda: streams.removed == ["c2"])
    assert honest.ask(do="usage", cell="c1") == {"id": 1, "memory_peak_bytes": None, "cpu_seconds": None}


VERBS = st.sampled_from(["start", "hello", "sweep", "usage", "promote", "remove", "out_of_memory", "exec"]) | st.text()
NAMES = st.sampled_from(["cell", "kind", "preload", "limits", "gpu", "background", "image", "do", "id"]) | st.text()
MESSAGES = st.builds(
    lambda verb, wild, known: json.dumps({"id": 7, "do": verb, **(START if known else {}), **wild}).encode()[:20_000],
    VERBS,
    st.dictionaries(NAMES, JSON, max_size=3),
    st.booleans(),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MESSAGES | st.binary(min_size=1, max_size=300), min_size=1, max_size=3))
def test_whatever_is_sent_is_answered_or_hung_up_on_and_nothing_beyond_the_table_starts(path, streams, sent):
    stranger = Stranger(path)
    for data in sent:
        try:
            stranger.send(data)
        except OSError:
            break
        reply = stranger.hear()
        if reply is None:
            break
        assert reply["id"] is not None and (
            "error" not in reply or reply["error"] in ("refused", "unavailable", "lost")
        )
    stranger.socket.close()

    assert Stranger(path).ask(do="hello")["name"] == "docker"
    assert all(table.profile_of(table.as_request(profile)) for profile, _ in streams.profiles)


def test_a_descriptor_that_a_caller_sends_along_is_not_taken(path):
    stranger, before = Stranger(path), len(os.listdir("/proc/self/fd"))
    reader, writer = os.pipe()
    for _ in range(50):
        socket.send_fds(stranger.socket, [b'{"id": 1, "do": "hello"}'], [reader])
        assert stranger.hear()["name"] == "docker"
    os.close(reader)

    with pytest.raises(BrokenPipeError):  # nobody else holds the end that reads
        os.write(writer, b"x")
    os.close(writer)
    assert len(os.listdir("/proc/self/fd")) <= before + 2


# ------------------------------------------------------------------------------------- who may do what


@pytest.mark.parametrize("what", ["usage", "promote", "reset_peak", "out_of_memory", "remove", "ended_itself"])
def test_a_caller_touches_its_own_cells_alone(path, streams, what):
    owner, other = Stranger(path), Stranger(path)
    owner.ask(do="start", **START)

    assert other.ask(do=what, cell="c1")["error"] == "refused"
    assert streams.removed == [] and "c1" in streams.running


def test_when_a_caller_hangs_up_its_cells_end(path, streams):
    caller = Stranger(path)
    for _ in range(3):
        caller.ask(do="start", **START)
    caller.socket.close()

    eventually(lambda: sorted(streams.removed) == ["c1", "c2", "c3"])


def test_a_cell_that_starts_while_its_caller_hangs_up_ends_too(path, streams):
    streams.slow.clear()
    caller = Stranger(path)
    caller.send({"id": 1, "do": "start", **START})
    time.sleep(0.1)
    caller.socket.close()
    time.sleep(0.1)
    streams.slow.set()

    eventually(lambda: streams.removed == ["c1"])


def test_a_killed_caller_leaves_nothing(path, streams):
    script = (
        "import sys, time; from pathlib import Path; from sandbox.keeper.engine import KeptEngine\n"
        "from tests.sandbox.programs import plain\n"
        "cell = KeptEngine(Path(sys.argv[1])).start(plain()); print(cell.id, flush=True); time.sleep(100)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "c1"
    process.kill()
    process.wait()

    eventually(lambda: streams.removed == ["c1"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_sent_away_though_the_file_would_let_it_in(path):
    path.chmod(0o777)
    path.parent.chmod(0o777)
    for parent in path.parents[:-1]:
        if parent != parent.parent and str(parent) != "/tmp":
            parent.chmod(parent.stat().st_mode | 0o011)
    script = """
import os, socket, sys
os.setuid(65534)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
print(s.recv(10_000).decode())
print(s.recv(10_000))
"""
    said = subprocess.run([sys.executable, "-I", "-c", script, str(path)], capture_output=True, text=True)

    assert "cells are for user 0 alone" in said.stdout and said.stdout.endswith("b''\n"), said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_user_it_is_for_may_call_and_the_file_is_theirs_alone(tmp_path, streams):
    with keeping(tmp_path, streams, users=(65534,)) as path:
        found = path.stat()

        assert (found.st_uid, found.st_mode & 0o777) == (65534, 0o600)
        assert Stranger(path).ask(do="hello")["name"] == "docker"


# --------------------------------------------------------------------------------------------- bounds


def test_a_caller_has_so_many_cells_and_not_one_more(tmp_path, streams):
    with keeping(tmp_path, streams, bounds=Bounds(cells=3)) as path:
        caller = Stranger(path)
        for _ in range(3):
            assert "cell" in caller.ask(do="start", **START)
        assert "at most 3" in caller.ask(do="start", **START)["detail"]

        caller.ask(do="remove", cell="c1")
        assert "cell" in caller.ask(do="start", **START)
        assert "cell" in Stranger(path).ask(do="start", **START)


def test_so_many_callers_and_not_one_more(tmp_path, streams):
    with keeping(tmp_path, streams, bounds=Bounds(callers=2)) as path:
        first, second = Stranger(path), Stranger(path)
        assert first.ask(do="hello") and second.ask(do="hello")
        third = Stranger(path)
        assert "2 callers" in third.hear()["detail"] and third.hear() is None

        first.socket.close()
        time.sleep(0.1)
        eventually(lambda: (Stranger(path).ask(do="hello") or {}).get("name") == "docker")


def test_a_flood_of_requests_is_slowed_down_and_hinders_nobody_else(tmp_path, streams):
    with keeping(tmp_path, streams, bounds=Bounds(per_second=100, burst=10)) as path:
        flood, other = Stranger(path), Stranger(path)

        def pour():
            try:
                for number in range(2, 10_000):
                    flood.send({"id": number, "do": "hello"})
            except OSError:
                pass

        threading.Thread(target=pour, daemon=True).start()
        began = time.monotonic()
        answers = 0
        while time.monotonic() < began + 1:
            answers += flood.hear() is not None
        assert answers <= 10 + 100 * 1.5 + 20
        assert other.ask(do="hello")["name"] == "docker"
        flood.socket.close()


def test_a_caller_that_never_reads_is_hung_up_on(tmp_path, streams, monkeypatch):
    monkeypatch.setattr("sandbox.keeper.caller.SEND_SECONDS", 1)
    with keeping(tmp_path, streams, bounds=Bounds(per_second=1e9, burst=1e9)) as path:
        caller = Stranger(path)
        assert caller.ask(do="start", **START)["cell"] == "c1"
        with pytest.raises(OSError):
            for _ in range(100_000):
                caller.send({"id": 1, "do": "usage", "cell": "c1"})

        eventually(lambda: streams.removed == ["c1"])
        assert Stranger(path).ask(do="hello")["name"] == "docker"


def test_counters_do_not_wait_behind_starts(path, streams):
    engine = KeptEngine(path)
    cell = engine.start(plain())
    streams.slow.clear()
    threads = [threading.Thread(target=engine.start, args=(plain(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)

    assert cell.usage().cpu_seconds is None  # answered, though every start hangs
    streams.slow.set()
    for thread in threads:
        thread.join(10)
    engine.close()


# ---------------------------------------------------------------------------------- the caller's side


def test_frames_go_straight_to_the_container(path, streams):
    engine = KeptEngine(path)
    cell = engine.start(plain(), background=True)
    cell.send(b"hello", time.monotonic() + 5)

    assert streams.running[cell.id].recv(100) == struct.pack(">I", 5) + b"hello"
    assert streams.profiles == [(replace(plain(), name="python"), True)]
    cell.kill()
    eventually(lambda: streams.removed == [cell.id])
    engine.close()


def test_when_the_keeper_dies_every_cell_is_lost_and_a_new_keeper_is_found(tmp_path, streams):
    script = """
import sys
from pathlib import Path
from sandbox.keeper.serving import Keeper
from tests.sandbox.kept import Streams
Keeper(Path(sys.argv[1]), Streams).serve()
"""
    path = tmp_path / "k.sock"
    command = [sys.executable, "-c", script, str(path)]
    keeper = subprocess.Popen(command)
    engine = KeptEngine(path)
    cells = [engine.start(plain()) for _ in range(3)]
    waiting: list[CellEnded] = []

    def wait():
        try:
            cells[0].receive(10, time.monotonic() + 60)
        except CellEnded as ended:
            waiting.append(ended)

    waiter = threading.Thread(target=wait)
    waiter.start()
    keeper.kill()
    keeper.wait()
    waiter.join(10)

    assert [ended.ended for ended in waiting] == [Ended.LOST]
    for cell in cells:
        with pytest.raises(CellEnded) as caught:
            cell.send(b"x", time.monotonic() + 5)
        assert caught.value.ended is Ended.LOST
    keeper = subprocess.Popen(command)
    assert engine.start(plain()).alive()
    engine.close()
    keeper.terminate()
    keeper.wait()


def test_an_end_that_nobody_can_explain_any_longer_is_our_fault(path, streams):
    """The cell says that it ended by itself, and the keeper, which could say "memory", is gone."""
    engine = KeptEngine(path)
    cell = engine.start(plain())
    told = b"\xff\xff\xff\xff" + b"m" * 32 + b"137"
    streams.running[cell.id].send(struct.pack(">BxxxI", 1, len(told)) + told)
    engine._house._ended = lambda: None  # it does not notice by itself
    engine._house.line._on_end = lambda: None
    engine._house.line.close()

    with pytest.raises(CellEnded) as caught:
        cell.receive(10, time.monotonic() + 5)
    assert caught.value.ended is Ended.LOST
    engine.close()


def test_what_the_engine_lost_is_lost(path, streams):
    engine = KeptEngine(path)
    streams.fails = LOST

    with pytest.raises(CellEnded, match="hiccuped") as caught:
        engine.start(plain())
    assert caught.value.ended is Ended.LOST
    engine.close()


def test_a_keeper_without_an_engine_tells_its_callers_the_remedy(tmp_path):
    with keeping(tmp_path, NONE) as path, pytest.raises(SandboxUnavailable, match="no Docker engine answers; start"):
        KeptEngine(path)


def test_no_keeper_is_told_with_a_remedy(tmp_path):
    with pytest.raises(SandboxUnavailable, match="no keeper of cells answers .*python -m sandbox keeper"):
        call(tmp_path / "nobody.sock", 0.1)


def test_a_keeper_of_another_engine_is_not_taken_for_the_one_that_was_named(path):
    with pytest.raises(SandboxUnavailable, match="has docker cells, not runsc"):
        KeptEngine(path, "runsc")


def test_two_keepers_do_not_share_a_socket(path, streams):
    from sandbox.keeper.serving import Keeper

    with pytest.raises(SandboxUnavailable, match="answers at .* already"):
        Keeper(path, lambda: streams)
    assert Stranger(path).ask(do="hello")["name"] == "docker"


def test_cells_of_docker_come_from_the_keeper_that_the_environment_names(path, monkeypatch):
    from sandbox.choosing import choose

    monkeypatch.setenv("ANNEAL_KEEPER", str(path))
    monkeypatch.delenv("ANNEAL_ENGINE", raising=False)
    for name in (None, "docker"):
        engine = choose(name)
        assert isinstance(engine, KeptEngine) and engine.describe()["engine"] == "docker"
        engine.close()
