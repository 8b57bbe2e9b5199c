"""What an attack came to."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """`held`: the attack was really tried, and did not work. One whose control failed was not tried."""

    group: str  # "network", "files", …
    name: str  # what was attempted, such as "connecting to 10.0.0.1:80"
    held: bool
    detail: str  # how it was refused, or what it got
    tried: bool = True

    @classmethod
    def not_tried(cls, group: str, name: str, why: str) -> Finding:
        return cls(group, name, False, f"not tried, because its control failed: {why}", tried=False)
