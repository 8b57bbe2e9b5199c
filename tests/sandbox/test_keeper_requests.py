"""What arrives at a keeper's socket: requests of its table within its limits, or nonsense that ends the connection."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import Limits, Profile
from sandbox.keeper import table
from sandbox.keeper.wire import MAX_MESSAGE, Malformed, decode, encode
from tests.sandbox.kept import START, Stranger, on_linux
from tests.sandbox.programs import eventually

pytestmark = on_linux

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


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
