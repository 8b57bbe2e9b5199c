# expect: passed, error
# exercise: roomy
"""As many empty files as there may be."""

import sys

print("attempted", file=sys.stderr, flush=True)
try:
    for number in range(1_000_000):
        open(f"file-{number}", "w").close()
    print("ESCAPED a million files")
except OSError:
    pass


def double(numbers):
    return [2 * number for number in numbers]
