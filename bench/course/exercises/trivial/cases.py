"""What is asked of `double`: three small tensors."""

import torch

from graders.kit import Case, close


def samples(rng):
    yield Case("one and two", "double", [torch.tensor([1.0, 2.0])], close())


def cases(rng):
    for _ in range(3):
        yield Case("random", "double", [torch.from_numpy(rng.standard_normal((4, 4)))], close())
