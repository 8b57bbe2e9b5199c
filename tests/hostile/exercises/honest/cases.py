from graders.kit import Case, equal

CANARY = "CANARY-OF-THE-CASES"


def samples(rng):
    yield Case("three numbers", "double", [[1, 2, 3]], equal())


def cases(rng):
    for _ in range(3):
        yield Case("many numbers", "double", [rng.integers(-1000, 1000, 50).tolist()], equal(), points=2)
