"""What a machine must have before it grades, whichever engine makes its cells."""

from __future__ import annotations

from sandbox import SandboxUnavailable

__all__ = ["LEAST_MEMORY_MB", "refuse_little_memory"]

MB = 1024 * 1024
# A judge and an answer cell with torch, both at work, and the system beside them.
LEAST_MEMORY_MB = 1000


def refuse_little_memory(total_bytes: int) -> None:
    """SandboxUnavailable on a machine on which honest code would run out of memory. 0: nobody knows."""
    if 0 < total_bytes < LEAST_MEMORY_MB * MB:
        raise SandboxUnavailable(
            f"the machine of the cells has {total_bytes // MB} MB of memory, and a grading needs {LEAST_MEMORY_MB} MB:"
            " give it more, or grade on another machine"
        )
