"""Has the graders grade an exercise's known submissions, and writes down what surprised.

The site never opens a sandbox: this runs the graders' own command and reads its report.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from graders.package import Package
from learn.courses import library, models


class GradersFailed(Exception):
    """The graders' command gave no report; the message is what it said."""


def grade(folder: Path, package: Package, seeds: int, now: datetime) -> list[str]:
    """Grade, keep the result with the package, and return each surprise as a sentence. Raises GradersFailed."""
    surprises = surprises_in(_report(folder, seeds))
    row, _ = models.Package.objects.get_or_create(
        digest=package.digest, defaults={"key": package.key, "manifest": library.manifest(package), "created_at": now}
    )
    row.checked_at, row.surprises = now, surprises
    row.save(update_fields=["checked_at", "surprises"])
    return surprises


def _report(folder: Path, seeds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "graders", "check", str(folder), "--seeds", str(seeds), "--json"]
    run = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise GradersFailed(run.stderr.strip() or f"`{' '.join(command)}` ended with status {run.returncode}")
    return json.loads(run.stdout)


def surprises_in(report: dict[str, Any]) -> list[str]:
    """One sentence for each known submission that did not end as its folder says."""
    found = []
    for findings in report["exercises"].values():
        for finding in findings:
            if finding["surprises"]:
                first = finding["surprises"][0]
                found.append(
                    f"{finding['what']} should be {finding['expected']}, but was {first['got']} on "
                    f"{len(finding['surprises'])} of {report['seeds']} seeds (first: {first['seed']})"
                )
    return found
