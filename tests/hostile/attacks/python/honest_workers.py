# expect: passed
# exercise: torch
"""What an honest learner may do: two workers that load data."""

import sys

import torch
from torch.utils.data import DataLoader, TensorDataset

print("attempted", file=sys.stderr, flush=True)


def double(numbers):
    loader = DataLoader(TensorDataset(numbers), batch_size=2, num_workers=2)
    return torch.cat([batch * 2 for (batch,) in loader])
