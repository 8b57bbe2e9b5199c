# Nothing of this file may be found in the learner's cell: CANARY-OF-THE-REFERENCE.
def double(numbers):
    return [2 * number for number in numbers]
