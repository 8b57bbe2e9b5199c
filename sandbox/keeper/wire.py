"""One message of a keeper's socket: a small JSON object in one packet, from either side.

The socket keeps packets apart (SOCK_SEQPACKET), so that nobody can send half a message and wait.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["MAX_MESSAGE", "Malformed", "Message", "decode", "encode"]

MAX_MESSAGE = 16 * 1024

Message = dict[str, Any]


class Malformed(Exception):
    """Bytes that no caller of ours sends. Who sends them is not spoken to any longer."""


def encode(message: Message) -> bytes:
    data = json.dumps(message, separators=(",", ":")).encode()
    if len(data) > MAX_MESSAGE:
        raise ValueError(f"a message of {len(data)} bytes is longer than {MAX_MESSAGE}")
    return data


def decode(data: bytes) -> Message:
    if len(data) > MAX_MESSAGE:
        raise Malformed(f"a message is longer than {MAX_MESSAGE} bytes")
    try:
        message = json.loads(data.decode(), object_pairs_hook=_without_repetition, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from None
    if not isinstance(message, dict):
        raise Malformed("a message is no object")
    return message


def _without_repetition(pairs: list[tuple[str, Any]]) -> Message:
    message = dict(pairs)
    if len(message) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return message


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
