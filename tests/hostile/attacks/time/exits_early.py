# expect: error
# exercise: roomy
"""End with success before anything was asked."""

import sys

print("attempted", file=sys.stderr, flush=True)
sys.exit(0)


def double(numbers):
    return [2 * number for number in numbers]
