import torch

from graders.kit import Case, Step, close, mismatch


def samples(rng):
    yield Case("by two", "scale", [torch.tensor([1.0, 2.0]), 2.0])


def remembers(got, want, asked):
    ((stored, _),) = asked.before
    return None if stored == 3 and got == want else mismatch("property", en="not kept", zh="没记住")


def cases(rng):
    for _ in range(3):
        yield Case("random", "scale", [torch.from_numpy(rng.standard_normal((3, 5))), 3.0], close(), points=2)
    yield Case("steps", "total", [], remembers, before=[Step("store", [[1, 2, 3]])])
