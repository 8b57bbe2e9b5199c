"""What is asked of `double`: three whole numbers."""

from graders.kit import Case, equal


def samples(rng):
    yield Case("three", "double", [3], equal())


def cases(rng):
    for _ in range(3):
        yield Case("whole numbers", "double", [int(rng.integers(3, 1000))], equal())
