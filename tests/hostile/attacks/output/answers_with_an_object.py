# expect: error, failed
# exercise: roomy
"""An object with code of its own in place of data."""

import os
import sys


class Bomb:
    def __reduce__(self):
        return (os.system, ("touch /tmp/ESCAPED",))

    def __eq__(self, other):
        return True


class Liar(list):
    def __eq__(self, other):
        return True

    def __len__(self):
        return 3


def double(numbers):
    print("attempted", file=sys.stderr, flush=True)
    return [Bomb(), Liar()]
