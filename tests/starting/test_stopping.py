"""Ctrl-C in the moments before the supervisor listens: none is lost, not even one that Python drops."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.starting.site import ROOT

# What Python does with an exception in a finalizer: it prints a line and goes on.
DROPPED = """
import os, signal, sys
from learn.starting import stopping

class Finalizer:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000): pass

stopping.listen()
Finalizer()
print("went on", stopping.asked, flush=True)
try:
    stopping.hold()
except KeyboardInterrupt:
    print("stopped")
"""
HELD = """
import os, signal, sys
from learn.starting import stopping

stopping.hold()
os.kill(os.getpid(), getattr(signal, sys.argv[1]))
print("held", flush=True)
try:
    stopping.listen()
except KeyboardInterrupt:
    print("stopped")
"""


def said(code: str, *words: str) -> list[str]:
    paths = os.pathsep.join([str(ROOT / "platform"), str(ROOT)])
    ended = subprocess.run(
        [sys.executable, "-c", code, *words], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def test_one_that_meets_a_finalizer_is_remembered():
    assert said(DROPPED) == ["went on True", "stopped"]


def test_one_that_comes_while_they_are_held_is_answered_afterwards():
    assert said(HELD, "SIGINT") == said(HELD, "SIGTERM") == ["held", "stopped"]
