"""Compiles the kernels that files launch, for an accelerator that need not be here: `compile_kernels.py FILE…`.

Launches are written down in place of being done, and each is then compiled for CUDA's compute capability 8.0 by the
compiler that Triton carries. Prints a line for each file: how many kernels, or what the compiler said.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.runtime.jit import JITFunction

TARGET = GPUTarget("cuda", 80, 32)
NAMES = {torch.float32: "*fp32", torch.float16: "*fp16"}
launches = []


def write_down(self, *args, grid, warmup, **options):
    launches.append((self, args, options))


def type_of(value):
    if isinstance(value, torch.Tensor):
        return NAMES[value.dtype]
    if isinstance(value, tuple):
        return tuple(map(type_of, value))
    return {bool: "i1", int: "i32", float: "fp32"}[type(value)]


def launch(path: Path) -> None:
    spec = importlib.util.spec_from_file_location(f"kernels_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.softmax(torch.zeros(3, 100), torch.zeros(3, 100))
    for dtype, causal in ((torch.float32, False), (torch.float16, True)):
        q, k = torch.zeros(1, 2, 17, 64, dtype=dtype), torch.zeros(1, 2, 33, 64, dtype=dtype)
        module.attention(q, k, k, torch.zeros_like(q), is_causal=causal)


def compile_launch(kernel: JITFunction, args, options) -> None:
    given = dict(zip(kernel.arg_names, args, strict=False)) | options
    constants = {parameter.name for parameter in kernel.params if parameter.is_constexpr}
    signature = {name: "constexpr" if name in constants else type_of(given[name]) for name in kernel.arg_names}
    known = {(kernel.arg_names.index(name),): given[name] for name in constants}
    others = {name: value for name, value in options.items() if name not in kernel.arg_names}
    assert triton.compile(ASTSource(kernel, signature, known), target=TARGET, options=others).asm["cubin"]


def main(paths: list[str]) -> None:
    JITFunction.run = write_down
    for path in paths:
        launches.clear()
        try:
            launch(Path(path))
            for one in launches:
                compile_launch(*one)
            print(f"{Path(path).name}: {len(launches)} kernels", flush=True)
        except Exception as error:
            print(f"{Path(path).name}: {type(error).__name__}: {error}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
