"""Every program of `./run`, but with a grader whose cells isolate nothing: for tests that kill programs.

`python unsandboxed.py` serves; `python unsandboxed.py grader` is that grader. It starts in a second and runs
where no engine does; everything else of it is the real one.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path


def serve() -> int:
    from learn.starting import serving, supervisor

    real = serving.programs
    supervisor.LONGEST_PAUSE = 1.0  # a test kills more often than anything dies by itself

    def programs(*about):
        unsandboxed = [sys.executable, str(Path(__file__).resolve()), "grader"]
        return [replace(one, command=unsandboxed) if one.name == "grader" else one for one in real(*about)]

    serving.programs = programs
    return serving.serve("127.0.0.1", 0)


def grade() -> int:
    import sandbox.choosing
    from graders import worker
    from tests.local_sandbox import LocalEngine

    sandbox.choosing.choose = lambda *about, **more: LocalEngine()
    worker.refuse_what_does_not_hold = lambda engine: None
    worker.warm = lambda store, pool: None  # after each kill that would import torch anew
    return worker.serve(["cpu", "regrade"], 1, None)


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "platform"), str(Path(__file__).resolve().parents[2])]
    sys.exit(grade() if sys.argv[1:] == ["grader"] else serve())
