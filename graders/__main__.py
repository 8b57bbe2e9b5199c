"""The graders' command line: `grade` a file, `check` an exercise, `replay` a receipt, serve as a `worker`."""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from graders import receipts, replaying
from graders.cells import Cells
from graders.checking import Finding, check
from graders.grade import grade
from graders.package import Package, PackageError
from graders.protocol import MAX_SOURCE_BYTES, QUEUE_GPU, QUEUES, CaseResult, Job, Outcome, Verdict
from sandbox import Engine, SandboxUnavailable

EXIT_GRADED, EXIT_SURPRISE, EXIT_USAGE, EXIT_BROKEN, EXIT_INTERRUPTED = 0, 1, 2, 3, 130
MARKS = {"passed": "✓", "failed": "✗", None: "·"}


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (PackageError, SandboxUnavailable) as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE if isinstance(error, PackageError) else EXIT_BROKEN
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m graders", description="Grade exercises in sandboxes.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("grade", help="grade one file without the site")
    one.add_argument("exercise", type=Path, help="an exercise's folder, such as exercises/sdpa")
    one.add_argument("file", type=Path, help="the submission")
    one.add_argument("--seed", type=seed, help="32 hex digits; a verdict names its own, so that it can be had again")
    one.add_argument("--run", dest="mode", action="store_const", const="run", default="submit", help="samples only")
    one.add_argument("--receipt", type=Path, help="write what `replay` needs to this file")
    one.set_defaults(run=command_grade)
    many = commands.add_parser("check", help="grade the known submissions and the lazy eight of exercises")
    many.add_argument("exercises", type=Path, nargs="*", help="folders; all of exercises/ when none is named")
    many.add_argument("--seeds", type=count, default=20, help="on how many fresh seeds each is graded (20)")
    many.set_defaults(run=command_check)
    again = commands.add_parser("replay", help="grade a receipt's source again: is the verdict the same?")
    replaying.add_arguments(again)
    again.set_defaults(run=command_replay)
    for command in (one, many, again):
        command.add_argument("--json", action="store_true", help="print one JSON object")
        command.add_argument("--engine", choices=("docker", "runsc", "bwrap"), help="default: what works here")
    for command in (one, many):
        command.add_argument("--queue", choices=("cpu", "gpu"), help="default: the exercise's own")
    worker = commands.add_parser("worker", help="serve queues")
    worker.add_argument("--queues", type=queues, default="cpu", help="comma-separated: cpu, gpu, regrade")
    # A grading keeps two busy: the cell that answers and the cell that judges. More at once graded no more a second.
    worker.add_argument("--concurrency", type=count, default=max(1, (os.cpu_count() or 2) // 2))
    worker.add_argument("--engine", choices=("docker", "runsc", "bwrap"))
    worker.set_defaults(run=command_worker)
    return top


def seed(text: str) -> str:
    if not re.fullmatch("[0-9a-fA-F]{1,32}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: up to 32 hexadecimal digits")
    return text.lower().zfill(32)


def count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def queues(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in QUEUES:
            raise argparse.ArgumentTypeError(f"{name!r} is no queue: {', '.join(QUEUES)}")
    return names


def read_package(folder: Path) -> Package:
    """The exercise in `folder`; what is wrong with it by a path that can be opened from here."""
    if not folder.is_dir():
        raise PackageError(f"{folder} is no folder of an exercise")
    try:
        return Package.read(folder)
    except PackageError as error:
        raise PackageError(os.path.join(folder.parent, str(error))) from None


@contextmanager
def open_cells(engine_name: str | None, warm: int = 1, gpu: bool = False) -> Iterator[tuple[Cells, Engine]]:
    from sandbox.choosing import choose
    from sandbox.pool import Pool

    engine = choose(engine_name, gpu=gpu)
    pool = Pool(engine, warm)
    cells = Cells(pool)
    try:
        yield cells, engine
    finally:
        cells.close()
        pool.close()
        engine.close()


# --------------------------------------------------------------------------------------------- grade


def command_grade(arguments: argparse.Namespace) -> int:
    package = read_package(arguments.exercise)
    seed = arguments.seed or secrets.token_hex(16)
    try:
        source = read_source(arguments.file)
    except OSError as error:
        print(f"{arguments.file}: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    except ValueError as error:
        verdict = Verdict(Outcome.REFUSED, message=str(error))
    else:
        job = Job("cli", 1, "", package.key, package.digest, {"solution.py": source}, seed, mode=arguments.mode)
        job = replace(job, queue=queue_of(package, arguments.queue))
        verdict = graded(job, package, arguments)
    print(json.dumps(as_json(verdict, seed), ensure_ascii=False)) if arguments.json else print_verdict(verdict, seed)
    return EXIT_BROKEN if verdict.outcome is Outcome.BROKEN else EXIT_GRADED


def graded(job: Job, package: Package, arguments: argparse.Namespace) -> Verdict:
    try:
        with open_cells(arguments.engine, gpu=job.queue == QUEUE_GPU) as (cells, engine):
            verdict = grade(job, package, cells, (lambda case: None) if arguments.json else print_case)
            verdict = receipts.name_engine(verdict, engine.describe())
    except SandboxUnavailable as error:  # our fault and not the file's, as when grading itself breaks
        return Verdict(Outcome.BROKEN, message=str(error))
    if arguments.receipt:
        arguments.receipt.write_text(receipts.write(job.files, verdict.to_dict()))
    return verdict


def queue_of(package: Package, wanted: str | None) -> str:
    """PackageError for a queue that does not grade this exercise."""
    if wanted is not None and wanted not in package.queues:
        raise PackageError(f"{package.key} is graded on {' and '.join(package.queues)}, not on {wanted}")
    return wanted or package.queue


def read_source(path: Path) -> str:
    """The submission's text. ValueError, in words for the learner, when it cannot be graded."""
    raw = path.read_bytes()
    if len(raw) > MAX_SOURCE_BYTES:
        raise ValueError(f"The file has {len(raw):,} bytes; at most {MAX_SOURCE_BYTES:,} are graded.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"The file is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    if not text.strip():
        raise ValueError("The file is empty.")
    try:
        compile(text, "solution.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"The file does not parse: {error}") from None
    return text


def as_json(verdict: Verdict, seed: str) -> dict[str, object]:
    cases = [{"name": c.name, "outcome": c.outcome, "points": c.points, "message": c.message} for c in verdict.cases]
    return {
        "outcome": verdict.outcome,
        "score": verdict.score,
        "cases": cases,
        "hint": verdict.hint,
        "message": verdict.message,
        "seconds": verdict.seconds,
        "memory_mb": verdict.memory_mb,
        "log": verdict.log,
        "seed": seed,
        "receipt": verdict.receipt,
    }


def print_case(case: CaseResult) -> None:
    mark = MARKS.get(case.outcome, "✗")
    print(f"  {mark} {case.name}  {case.seconds * 1000:.1f} ms" + (f"  {case.message}" if case.message else ""))


def print_verdict(verdict: Verdict, seed: str) -> None:
    print(f"{verdict.outcome}: score {verdict.score:.2f}, {verdict.seconds:.3f} s, seed {seed}")
    if verdict.message and verdict.outcome is not Outcome.PASSED:
        print(verdict.message)
    if verdict.hint:
        print(f"Hint: {verdict.hint.get('en', '')}")
    if verdict.log.strip():
        print("Printed:\n" + verdict.log)


def command_replay(arguments: argparse.Namespace) -> int:
    try:
        receipt = receipts.read(arguments.receipt, arguments.submission)
    except receipts.NotAReceipt as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    package = replaying.find_package(receipt, arguments.package)
    with open_cells(arguments.engine, gpu=receipt.job(package).queue == QUEUE_GPU) as (cells, engine):
        verdict, changed = replaying.replay(receipt, package, cells, engine.describe())
    return replaying.report(receipt, verdict, changed, arguments.json)


# --------------------------------------------------------------------------------------------- check


def command_check(arguments: argparse.Namespace) -> int:
    folders = arguments.exercises or sorted(path.parent for path in Path("exercises").glob("*/exercise.toml"))
    packages = [read_package(folder) for folder in folders]
    queues = [queue_of(package, arguments.queue) for package in packages]
    report: dict[str, list[dict[str, object]]] = {}
    surprises = 0
    with open_cells(arguments.engine, gpu=QUEUE_GPU in queues) as (cells, _):
        for package in packages:
            rows = report.setdefault(package.key, [])
            for finding in check_aloud(package, cells, arguments):
                surprises += len(finding.surprises)
                rows.append(
                    {
                        "what": finding.what,
                        "expected": finding.expected,
                        "surprises": [vars(surprise) for surprise in finding.surprises],
                    }
                )
    if arguments.json:
        print(json.dumps({"seeds": arguments.seeds, "surprises": surprises, "exercises": report}))
    else:
        print(f"{len(packages)} exercises, {arguments.seeds} seeds each: {surprises or 'no'} surprises")
    return EXIT_SURPRISE if surprises else EXIT_GRADED


def check_aloud(package: Package, cells: Cells, arguments: argparse.Namespace) -> Iterator[Finding]:
    began = time.monotonic()
    out = sys.stderr if arguments.json else sys.stdout

    def say(text: str) -> None:
        print(text, file=out, flush=True)

    say(package.key)
    queue = queue_of(package, arguments.queue)
    for finding in check(package, cells, arguments.seeds, lambda name: None, queue):
        count = len(finding.surprises)
        mark = f"✗ {count} of {arguments.seeds} seeds surprised" if count else "✓"
        say(f"  {finding.what}: {finding.expected} {mark}  ({time.monotonic() - began:.1f} s)")
        for surprise in finding.surprises[:3]:
            say(f"      seed {surprise.seed}: expected {surprise.expected}; got {surprise.got}. {surprise.message}")
        yield finding


# -------------------------------------------------------------------------------------------- worker


def command_worker(arguments: argparse.Namespace) -> int:
    from graders.worker import serve

    return serve(arguments.queues, arguments.concurrency, arguments.engine)


if __name__ == "__main__":
    sys.exit(main())
