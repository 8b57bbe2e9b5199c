# expect: memory, error
# exercise: torch
"""A tensor of a terabyte, and one that is touched until memory ends."""

import sys

import torch

print("attempted", file=sys.stderr, flush=True)
try:
    torch.empty(2**40)
except RuntimeError:
    pass
kept = []
while True:
    kept.append(torch.ones(10_000_000))


def double(numbers):
    return numbers * 2
