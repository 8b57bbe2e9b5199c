# expect: passed, error
# exercise: roomy
# own kernel grants: ten thousand files
"""More empty files than there may be."""

import sys

print("attempted", file=sys.stderr, flush=True)
try:
    for number in range(10_000):
        open(f"file-{number}", "w").close()
    print("ESCAPED ten thousand files")
except OSError:
    pass


def double(numbers):
    return [2 * number for number in numbers]
