"""Has the graders grade an exercise's known submissions, and writes down what surprised.

The site never opens a sandbox: this runs the graders' own command and reads its report.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from graders.package import Package
from learn.courses import models


class GradersFailed(Exception):
    """The graders' command gave no report; the message is what it said."""


def grade(folder: Path, seeds: int) -> list[str]:
    """Each surprise as a sentence; nothing when all ended as their folders say. Raises GradersFailed."""
    return surprises_in(_report(folder, seeds))


def record(packages: Mapping[str, Package], found: Mapping[str, list[str]], now: datetime) -> None:
    """Keep with each package what grading its known submissions said."""
    for key, surprises in found.items():
        models.Package.objects.filter(digest=packages[key].digest).update(checked_at=now, surprises=surprises)


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
