# expect: failed
# exercise: roomy
"""Values that say they are equal to everything."""

import builtins
import sys

print("attempted", file=sys.stderr, flush=True)


class Equal(int):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


builtins.sum = builtins.all = builtins.any = lambda *arguments: True


def double(numbers):
    return [Equal(number + 1) for number in numbers]
