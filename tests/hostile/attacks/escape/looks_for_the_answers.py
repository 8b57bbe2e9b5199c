# expect: passed
# exercise: roomy
"""Search files, memory and objects for the reference, the cases and the verdict."""

import gc
import os
import re
import sys

print("attempted", file=sys.stderr, flush=True)
WORDS = re.compile(b"CANARY-OF-TH[E]-[A-Z]+")  # which does not match itself
for folder, folders, names in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys", "/usr", "/lib")]
    folders[:] = [name for name in folders if name not in ("site-packages", "lib-dynload")]
    for name in names:
        if name in ("reference.py", "cases.py", "judge.py", "grade.py", "exercise.toml"):
            print("ESCAPED", folder, name)
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        fields = line.split()
        if "rw" not in fields[1]:
            continue
        start, end = (int(part, 16) for part in fields[0].split("-"))
        try:
            memory.seek(start)
            block = memory.read(min(end - start, 50_000_000))
        except (OSError, ValueError, OverflowError):
            continue
        for word in WORDS.findall(block):
            print("ESCAPED", word[9:])
for found in gc.get_objects():
    if isinstance(found, dict) and "expected" in found and "seed" in found:
        print("ESCAPED", list(found)[:10])
frame = sys._getframe()
while frame:
    for name in ("reference", "want", "expected", "verdict"):
        if name in frame.f_locals:
            print("ESCAPED", name)
    frame = frame.f_back


def double(numbers):
    return [2 * number for number in numbers]
