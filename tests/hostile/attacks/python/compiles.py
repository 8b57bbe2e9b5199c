# expect: passed, error, time, memory
# exercise: torch
"""torch.compile: a compiler that writes, runs and starts programs."""

import sys

import torch

print("attempted", file=sys.stderr, flush=True)


@torch.compile
def double(numbers):
    return numbers * 2
