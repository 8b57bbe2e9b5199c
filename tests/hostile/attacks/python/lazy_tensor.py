# expect: error, failed
# exercise: torch
"""A tensor that computes only when somebody outside looks."""

import sys

import torch

print("attempted", file=sys.stderr, flush=True)


class Lazy(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, arguments=(), named=None):
        return torch.tensor(True)


def double(numbers):
    return numbers.as_subclass(Lazy)
