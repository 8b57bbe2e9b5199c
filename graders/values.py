"""Plain data and arrays as bounded bytes, and back. Never pickle.

Travels into both cells, so it imports nothing of ours, and numpy or torch only for an array. Whatever
comes back from an answer cell is hostile: every length is checked against what is left of the frame
before anything is allocated, and depth and number of items are bounded.
"""

from __future__ import annotations

import struct
import sys
from typing import Any

MAX_DEPTH = 16
MAX_ITEMS = 200_000
MAX_DIMS = 8
MAX_ELEMENTS = 1 << 28
MAX_INT_BYTES = 1024

# Codes are the wire's; a name is both numpy's and torch's, but for bfloat16, which numpy lacks.
DTYPES = (
    ("float16", 2), ("float32", 4), ("float64", 8), ("bfloat16", 2), ("int8", 1), ("int16", 2),
    ("int32", 4), ("int64", 8), ("uint8", 1), ("bool", 1),
)  # fmt: skip
CODES = {name: code for code, (name, _) in enumerate(DTYPES)}


class Malformed(ValueError):
    """Bytes that are no value within bounds."""


class Unsupported:
    """Stands for an answer that is no plain data. `name` is its type's, as the answer cell said."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unsupported) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<a {self.name}>"


# ------------------------------------------------------------------------------------------ to bytes


def encode(value: Any) -> bytes:
    """`value` as bytes. What is no plain data becomes `Unsupported`; a cycle raises Malformed."""
    parts: list[bytes] = []
    _write(value, parts, 0)
    return b"".join(parts)


def _write(value: Any, parts: list[bytes], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Malformed(f"nested deeper than {MAX_DEPTH}")
    if value is None or value is True or value is False:
        parts.append({None: b"N", True: b"T", False: b"F"}[value])
    elif isinstance(value, int):
        _write_int(int(value), parts)
    elif isinstance(value, float):
        parts.append(b"d" + struct.pack(">d", value))
    elif isinstance(value, str):
        _write_bytes(b"s", value.encode("utf-8", "backslashreplace"), parts)
    elif isinstance(value, bytes | bytearray):
        _write_bytes(b"b", bytes(value), parts)
    elif isinstance(value, list | tuple):
        parts.append((b"l" if isinstance(value, list) else b"t") + struct.pack(">I", len(value)))
        for item in value:
            _write(item, parts, depth + 1)
    elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
        parts.append(b"m" + struct.pack(">I", len(value)))
        for key, item in value.items():
            _write_bytes(b"", key.encode("utf-8", "backslashreplace"), parts)
            _write(item, parts, depth + 1)
    else:
        _write_array(value, parts)


def _write_int(value: int, parts: list[bytes]) -> None:
    if -(1 << 63) <= value < 1 << 63:
        parts.append(b"i" + struct.pack(">q", value))
    else:
        raw = value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
        if len(raw) > MAX_INT_BYTES:
            _write_bytes(b"u", b"int of more than 8192 bits", parts)
        else:
            _write_bytes(b"I", raw, parts)


def _write_bytes(tag: bytes, raw: bytes, parts: list[bytes]) -> None:
    parts += [tag, struct.pack(">I", len(raw)), raw]


def _write_array(value: Any, parts: list[bytes]) -> None:
    """A torch tensor (tag A), a numpy array (a), a numpy scalar (as an array without dimensions), or unsupported."""
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None and isinstance(value, torch.Tensor):
        name = str(value.dtype).removeprefix("torch.")
        if name in CODES and value.layout == torch.strided:
            flat = value.detach().to("cpu").contiguous().reshape(-1)
            raw = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
            return _write_dense(b"A", name, tuple(value.shape), raw, parts)
        return _write_bytes(b"u", f"tensor of {name}".encode(), parts)
    if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
        array = numpy.asarray(value)
        if array.dtype.name in CODES and array.dtype.isnative:
            return _write_dense(b"a", array.dtype.name, array.shape, array.tobytes(), parts)
        return _write_bytes(b"u", f"array of {array.dtype.name}".encode(), parts)
    return _write_bytes(b"u", type(value).__name__.encode("utf-8", "backslashreplace")[:80], parts)


def _write_dense(tag: bytes, dtype: str, shape: tuple[int, ...], raw: bytes, parts: list[bytes]) -> None:
    if len(shape) > MAX_DIMS:
        raise Malformed(f"an array of more than {MAX_DIMS} dimensions")
    parts += [tag, struct.pack(">BB", CODES[dtype], len(shape)), struct.pack(f">{len(shape)}Q", *shape), raw]


# ---------------------------------------------------------------------------------------- from bytes


def decode(raw: bytes) -> Any:
    """The value of `raw`. Malformed unless `raw` is exactly one value within the bounds."""
    reader = _Reader(raw)
    try:
        value = reader.value(0)
    except (struct.error, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from None
    if reader.at != len(raw):
        raise Malformed(f"{len(raw) - reader.at} bytes after the value")
    return value


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw, self.at, self.items = raw, 0, 0

    def take(self, count: int) -> bytes:
        if count > len(self.raw) - self.at:
            raise Malformed("the value is cut off")
        self.at += count
        return self.raw[self.at - count : self.at]

    def number(self) -> int:
        return int(struct.unpack(">I", self.take(4))[0])

    def text(self) -> str:
        return self.take(self.number()).decode("utf-8")

    def count(self) -> int:
        """A number of items. Each takes a byte at least, so a lie is caught before a list is made."""
        count = self.number()
        self.items += count
        if self.items > MAX_ITEMS or count > len(self.raw) - self.at:
            raise Malformed("more items than allowed")
        return count

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise Malformed(f"nested deeper than {MAX_DEPTH}")
        tag = self.take(1)
        if tag in b"NTF":
            return {b"N": None, b"T": True, b"F": False}[tag]
        if tag == b"i":
            return struct.unpack(">q", self.take(8))[0]
        if tag == b"I":
            return self.big_int()
        if tag == b"d":
            return struct.unpack(">d", self.take(8))[0]
        if tag == b"s":
            return self.text()
        if tag == b"b":
            return self.take(self.number())
        if tag in b"lt":
            items = [self.value(depth + 1) for _ in range(self.count())]
            return items if tag == b"l" else tuple(items)
        if tag == b"m":
            return self.mapping(depth)
        if tag in b"aA":
            return self.array(tag)
        if tag == b"u":
            return Unsupported(self.text()[:80])
        raise Malformed("no such kind of value")

    def big_int(self) -> int:
        length = self.number()
        if length > MAX_INT_BYTES:
            raise Malformed("an integer of too many digits")
        return int.from_bytes(self.take(length), "big", signed=True)

    def mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.count()):
            key = self.text()
            if key in found:
                raise Malformed("a dictionary names a key twice")
            found[key] = self.value(depth + 1)
        return found

    def array(self, tag: bytes) -> Any:
        code, dims = self.take(2)
        if code >= len(DTYPES) or dims > MAX_DIMS:
            raise Malformed("an array of no known kind")
        name, size = DTYPES[code]
        shape = struct.unpack(f">{dims}Q", self.take(8 * dims))
        elements = spread = 1
        for dim in shape:
            elements *= dim
            spread *= max(dim, 1)
        if spread > MAX_ELEMENTS:
            raise Malformed("an array of too many elements")
        raw = self.take(elements * size)
        if tag == b"a":
            import numpy

            if name == "bfloat16":
                raise Malformed("numpy has no bfloat16")
            return numpy.frombuffer(bytearray(raw), dtype=name).reshape(shape)
        import torch

        if not elements:
            return torch.empty(shape, dtype=getattr(torch, name))
        if name == "bool":  # a byte that is neither 0 nor 1 is no bool, and undefined behaviour in torch
            return torch.frombuffer(bytearray(raw), dtype=torch.uint8).ne(0).reshape(shape)
        return torch.frombuffer(bytearray(raw), dtype=getattr(torch, name)).reshape(shape)
