"""From pressing Submit to the recorded verdict, over the real site: web, broker, grader, sandbox, database.

    python -m bench grading [--count 20] [--engine docker|bwrap]

In the same run: the same cases in an already warm plain process, and a cold `docker run` with pytest and
torch. Also the processor time of a grader that idles, and the memory of each of its warm cells.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.figures import Series, table
from bench.plain import ROOT, cold_times, warm_times

ALLOWED_FACTOR, ALLOWED_MS, COLD_FACTOR = 3.0, 150.0, 10.0
IDLE_SECONDS = 20.0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench grading", description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--cold", type=int, default=3, help="cold runs, of several seconds each")
    parser.add_argument("--engine", choices=("docker", "bwrap"))
    parser.add_argument("--exercise", default="sdpa")
    parser.add_argument(
        "--pause", type=float, default=7.0, help="seconds between submissions: the pool refills, and more is refused"
    )
    options = parser.parse_args(argv)
    exercise = ROOT / "exercises" / options.exercise

    print(f"{options.exercise}: {options.count} submissions, one at a time. Starting the site …", flush=True)
    with site(options.engine) as running:
        time.sleep(15)  # the pool fills at idle priority
        graded, hits = submissions(running, exercise, options)
        idle(running)
        memory(running)
    plain = Series("the same cases, warm plain process", warm_times(exercise, options.count))
    rows = [plain, graded]
    cold = cold_series(exercise, options.cold)
    print("\n" + table(rows + ([cold] if cold else []), plain))
    print(f"\npool hits: {hits} of {options.count}")
    return judge(plain, graded, cold)


def judge(plain: Series, graded: Series, cold: Series | None) -> int:
    allowed = ALLOWED_FACTOR * plain.median + ALLOWED_MS
    fine = graded.median <= allowed
    print(f"Submit to verdict: {graded.median:.0f} ms; 3 × plain + 150 ms = {allowed:.0f} ms: {word(fine)}")
    if cold is None:
        print("cold docker run: not measured, no engine or no image here")
        return int(not fine)
    faster = cold.median / graded.median
    print(f"{faster:.1f} times faster than a cold container with pytest and torch (at least 10): {word(faster >= 10)}")
    return int(not (fine and faster >= COLD_FACTOR))


def word(fine: bool) -> str:
    return "held" if fine else "MISSED"


# ---------------------------------------------------------------------------------------------- the site


class Running:
    """A site of its own with its graders, in a folder that goes away."""

    def __init__(self, home: Path, process: subprocess.Popen[str], link: str) -> None:
        self.home, self.process = home, process
        self.base = link.split("/accounts/")[0]
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.open(link).read()
        self.post(link, {})

    def open(self, url: str, data: bytes | None = None, **headers: str):
        request = urllib.request.Request(url, data, headers={"Referer": self.base, **headers})
        return self.opener.open(request, timeout=60)

    def post(self, url: str, fields: dict[str, str], **headers: str) -> None:
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        self.open(url, body, **headers).read()

    def graders(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "graders" in " ".join(cmdline(child))]


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@contextmanager
def site(engine: str | None) -> Iterator[Running]:
    home = Path(tempfile.mkdtemp(prefix="anneal-bench-"))
    environment = {**os.environ, "ANNEAL_HOME": str(home), "ANNEAL_PLAIN_STATIC": "1"}
    environment |= {"ANNEAL_ENGINE": engine} if engine else {}
    environment |= {"ANNEAL_CELL_PYTHON": sys.executable} if "ANNEAL_CELL_PYTHON" not in os.environ else {}
    manage = [sys.executable, str(ROOT / "manage.py")]
    for words in (["migrate", "-v", "0"], ["course", "publish", str(ROOT / "courses" / "llm-roadmap")]):
        subprocess.run([*manage, *words], env=environment, cwd=ROOT, check=True, capture_output=True)
    process = subprocess.Popen(
        [*manage, "serve", "--port", "0"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Running(home, process, wait_for_link(process))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        shutil.rmtree(home, ignore_errors=True)


def wait_for_link(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"http://\S+/accounts/owner/\S+", line)
        if found:
            import threading

            threading.Thread(target=process.stdout.read, daemon=True).start()
            return found.group()
    raise RuntimeError("the site did not start; run ./run to see why")


# ------------------------------------------------------------------------------------------ measurements


def submissions(running: Running, exercise: Path, options: argparse.Namespace) -> tuple[Series, int]:
    """Press Submit again and again. Times until the verdict is in the database, and how many had a warm cell."""
    source = (exercise / "reference.py").read_text()
    database = sqlite3.connect(f"file:{running.home / 'db.sqlite3'}?mode=ro", uri=True, timeout=10)
    times, hits = [], 0
    for number in range(options.count + 1):
        began = time.perf_counter()
        url = f"{running.base}/exercises/{exercise.name}/submit/"
        # Another text each time, so that nothing could be remembered.
        running.post(url, {"source": f"{source}\n# {number}\n", "mode": "submit"}, **{"HX-Request": "true"})
        outcome, hit = wait_for_verdict(database, number + 1)
        took = (time.perf_counter() - began) * 1000
        if outcome != "passed":
            raise RuntimeError(f"the reference was graded {outcome}")
        if number:  # the first one still warms the judge
            times.append(took)
            hits += bool(hit)
        time.sleep(options.pause)
    return Series(f"Submit → recorded verdict, {exercise.name}", times), hits


def wait_for_verdict(database: sqlite3.Connection, count: int) -> tuple[str, bool]:
    query = (
        "SELECT outcome, json_extract(report, '$.receipt.pool_hit') FROM exercises_submission "
        "WHERE state = 'graded' ORDER BY graded_at"
    )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        rows = database.execute(query).fetchall()
        if len(rows) >= count:
            return rows[-1][0], bool(rows[-1][1])
        time.sleep(0.002)
    raise RuntimeError("no verdict within two minutes")


def idle(running: Running) -> None:
    """Processor time of the grader and everything it started while nobody asks for anything."""
    time.sleep(5)
    before = processor_seconds(running)
    time.sleep(IDLE_SECONDS)
    used = processor_seconds(running) - before
    print(f"an idle grader used {100 * used / IDLE_SECONDS:.2f} % of one core over {IDLE_SECONDS:.0f} s")


def processor_seconds(running: Running) -> float:
    total = 0.0
    for grader in running.graders():
        for process in [grader, *grader.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system
    return total


def memory(running: Running) -> None:
    """What each warm cell holds for itself alone (USS), read from outside. Containers are not our children."""
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if not any("The first program of every cell" in part or part.endswith("boot.py") for part in line):
            continue
        try:
            unique = process.memory_full_info().uss / 2**20
        except psutil.Error:
            continue
        if unique > 10:  # what only waits for its child is no cell
            preloaded = [part for part in line[-5:] if re.fullmatch(r"[a-z_.]+", part)]
            print(f"warm cell with {' '.join(preloaded):70} {unique:6.0f} MB of its own")


def cold_series(exercise: Path, count: int) -> Series | None:
    try:
        from sandbox import SandboxUnavailable, images
        from sandbox.docker import DockerEngine

        DockerEngine().close()
    except SandboxUnavailable:
        return None
    return Series("cold docker run, pytest and torch", cold_times(exercise, images.tag("python"), count))
