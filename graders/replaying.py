"""`python -m graders replay`: grades a receipt's source again, and says whether the verdict is the same."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from graders import receipts
from graders.cells import Cells
from graders.grade import grade
from graders.package import Package, PackageError
from graders.protocol import Outcome, Verdict
from graders.receipts import Receipt
from graders.store import Store, packages_folder

ROOT = Path(__file__).resolve().parent.parent


def add_arguments(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("receipt", type=Path, help="a JSON file that the site or `grade --receipt` gave")
    replay.add_argument("--submission", help="which one, where the file is a learner's export")
    replay.add_argument("--package", type=Path, help="the exercise's folder; default: by digest from ANNEAL_PACKAGES")


def find_package(receipt: Receipt, folder: Path | None) -> Package:
    """The package of the receipt's digest; where it is gone the exercise as it is now, which shows as a change."""
    if folder is not None:
        return Package.read(folder)
    try:
        return Store(packages_folder()).get(receipt.package)
    except PackageError as lost:
        now = ROOT / "exercises" / os.path.basename(receipt.exercise)
        if not (now / "exercise.toml").exists():
            raise PackageError(f"{lost}, or name the exercise's folder with --package") from None
        return Package.read(now)


def replay(receipt: Receipt, package: Package, cells: Cells, engine: dict[str, str]) -> tuple[Verdict, list[str]]:
    """The verdict now, and what it was reached with that was otherwise then."""
    verdict = receipts.name_engine(grade(receipt.job(package), package, cells), engine)
    return verdict, receipts.changes(receipt.verdict.receipt, verdict.receipt)


def report(receipt: Receipt, verdict: Verdict, changed: list[str], as_json: bool) -> int:
    """Print what came of it. 0 for the same verdict, 1 for another, 3 when ours broke."""
    differ = receipts.differences(receipt.verdict, verdict)
    broken = verdict.outcome is Outcome.BROKEN
    if as_json:
        told = {"same": not differ, "differences": differ, "changed": changed, "outcome": verdict.outcome}
        print(json.dumps({**told, "score": verdict.score, "receipt": verdict.receipt}, ensure_ascii=False))
    else:
        print_report(receipt, verdict, differ, changed)
    return 3 if broken else int(bool(differ))


def print_report(receipt: Receipt, verdict: Verdict, differ: list[str], changed: list[str]) -> None:
    told = receipt.verdict.receipt
    print(f"{receipt.exercise}, seed {told['seed']}, {told['mode']}, package {receipt.package}")
    for change in changed:
        print(f"  not as it was: {change}")
    if not changed:
        print("  package, judge, engine and versions are as they were")
    if verdict.outcome is Outcome.BROKEN:
        print(f"It could not be graded: {verdict.message}")
    elif not differ:
        print(f"The same verdict: {verdict.outcome}, score {verdict.score:.2f}, {len(verdict.cases)} cases")
    else:
        print("Another verdict:")
        for difference in differ:
            print(f"  {difference}")
