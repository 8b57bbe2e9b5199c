# expect: passed, error
# exercise: torch
"""More threads than it may have, through torch's own pool."""

import sys

import torch

print("attempted", file=sys.stderr, flush=True)
torch.set_num_threads(512)
torch.randn(500, 500) @ torch.randn(500, 500)


def double(numbers):
    return numbers * 2
