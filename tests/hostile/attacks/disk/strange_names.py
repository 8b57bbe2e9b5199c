# expect: passed
# exercise: roomy
"""Folders a thousand deep, the longest names, names that are no text."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
home = os.getcwd()
for _ in range(500):
    os.mkdir("d")
    os.chdir("d")
os.chdir(home)
open("n" * 255, "w").close()
open(b"\xff\xfe\x80", "w").close()
open("\n\x1b[2J", "w").close()
open("locked", "w").close()
os.chmod("locked", 0)


def double(numbers):
    return [2 * number for number in numbers]
