# expect: time
"""A regular expression that backtracks for ever."""

import re
import sys

print("attempted", file=sys.stderr, flush=True)
re.match("(a+)+$", "a" * 60 + "b")


def double(numbers):
    return [2 * number for number in numbers]
