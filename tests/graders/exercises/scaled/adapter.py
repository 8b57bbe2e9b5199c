KEPT = []


def store(solution, numbers):
    KEPT[:] = numbers
    return len(KEPT)


def total(solution):
    return solution.scale(sum(KEPT), 2)
