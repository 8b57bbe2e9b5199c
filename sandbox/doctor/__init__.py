"""Attacks a sandbox as it is configured here, instead of believing its settings.

A worker calls `attack` when it starts and serves no queue if anything did not hold. An operator reads `report`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import TextIO

from sandbox import Engine
from sandbox.doctor.attacking import attack
from sandbox.doctor.facts import facts, weak_points
from sandbox.doctor.findings import Finding

__all__ = ["Finding", "attack", "report"]


def report(engine: Engine, *, as_json: bool = False, quick: bool = False, out: TextIO | None = None) -> int:
    """Attack and tell. 0 if everything held, 1 if anything did not or could not be tried."""
    out = out or sys.stdout
    known, weak = facts(engine), weak_points(engine)
    if not as_json:
        _print_facts(known, out)
    start = time.monotonic()
    findings = attack(engine, quick=quick)
    held = all(finding.held for finding in findings)
    if as_json:
        told = {"held": held, "facts": known, "weak_points": weak, "findings": [asdict(one) for one in findings]}
        print(json.dumps(told, indent=2), file=out)
    else:
        _print_findings(findings, out)
        _print_weak(weak, out)
        _print_end(findings, time.monotonic() - start, out)
    engine.close()
    return 0 if held else 1


def _print_facts(known: dict[str, str], out: TextIO) -> None:
    width = max(map(len, known))
    for name, value in known.items():
        print(f"{name:<{width}}  {value}", file=out)
    print("\nAttacking …", file=out, flush=True)


def _print_findings(findings: Iterable[Finding], out: TextIO) -> None:
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            print(f"\n{group}", file=out)
        sign = "held " if finding.held else "FAILED" if finding.tried else "NOT TRIED"
        print(f"  {sign:<6} {finding.name}: {finding.detail}", file=out)


def _print_weak(weak: Iterable[str], out: TextIO) -> None:
    print("\nWeak points", file=out)
    for sentence in weak:
        print(f"  {sentence}", file=out)


def _print_end(findings: list[Finding], seconds: float, out: TextIO) -> None:
    wrong = [finding for finding in findings if not finding.held]
    print(f"\n{len(findings)} attacks in {seconds:.1f} s, {len(wrong)} did not hold.", file=out)
    for finding in wrong:
        print(f"  {finding.group}: {finding.name}: {finding.detail}", file=out)
