"""What tests of engines share: a program's first lines, how to start and end it, and how to wait."""

import json
import time

import pytest

from sandbox import CellEnded, Limits, Profile
from sandbox.docker_config import OWNER

# In front of every program: `answer(value)` sends JSON, `question()` waits for a frame.
PRELUDE = '''
import ctypes, errno, json, os, signal, socket, struct, subprocess, sys, threading, time

def answer(value):
    data = json.dumps(value).encode()
    data = struct.pack(">I", len(data)) + data
    while data:
        data = data[os.write(CHANNEL[1], data):]

def exactly(count):
    data = bytearray()
    while len(data) < count:
        part = os.read(CHANNEL[0], count - len(data))
        if not part:
            raise SystemExit
        data += part
    return bytes(data)

def question():
    return exactly(struct.unpack(">I", exactly(4))[0])

def error_of(call, *arguments):
    """The name of the error that a call ends with, or the text of what it returns."""
    try:
        return repr(call(*arguments))
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))

libc = ctypes.CDLL(None, use_errno=True)

def native(function, *arguments):
    """A call of the C library that ends in OSError."""
    ctypes.set_errno(0)
    if function(*arguments) == -1:
        raise OSError(ctypes.get_errno(), "")

def raw(number, *arguments):
    """The error name of a bare system call, or "" for success."""
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    return errno.errorcode[ctypes.get_errno()] if result == -1 else ""
'''

ECHO = """
while True:
    data = question()
    data = struct.pack(">I", len(data)) + data
    while data:
        data = data[os.write(CHANNEL[1], data[:1 << 20]):]
"""


def soon(seconds=20):
    return time.monotonic() + seconds


def eventually(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.005)


def plain(**limits):
    """A profile that imports nothing."""
    return Profile(name="plain", preload=(), limits=Limits(**{"memory_mb": 256, **limits}))


def start(engine, source, profile=None):
    cell = engine.start(profile or plain())
    cell.wait_ready(soon(60))
    cell.load({"main.py": (PRELUDE + source).encode()}, "main.py", soon())
    return cell


def ask(engine, source, profile=None, seconds=20):
    """The one answer of a program."""
    cell = start(engine, source, profile)
    try:
        return json.loads(cell.receive(1_000_000, soon(seconds)))
    except CellEnded as ended:
        raise AssertionError(f"{ended} {cell.take_log().decode()}") from ended
    finally:
        cell.kill()


def how_it_ends(engine, source, profile=None, seconds=20):
    """The CellEnded of a program that says nothing."""
    cell = start(engine, source, profile)
    with pytest.raises(CellEnded) as caught:
        while True:
            cell.receive(1_000_000, soon(seconds))
    assert not cell.alive()
    caught.value.log = cell.take_log()
    return caught.value


def containers(engine):
    """The containers of a Docker engine's own process, whatever their state."""
    return engine._api.containers(all=True, filters={"label": f"{OWNER}={engine._owner}"})


def wait_until_gone(engine, cell, seconds=15):
    until = soon(seconds)
    while any(found["Id"] == cell.id for found in containers(engine)):
        assert time.monotonic() < until, "the container is still there"
        time.sleep(0.05)
