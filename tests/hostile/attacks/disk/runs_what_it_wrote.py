# expect: passed, error
# exercise: roomy
"""Machine code of its own, from a file and from memory."""

import mmap
import shutil
import subprocess
import sys

print("attempted", file=sys.stderr, flush=True)
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(b"\xc3")
copy = shutil.copy(sys.executable, "./copy")
subprocess.run([copy, "-c", "print('it ran')"], timeout=10)


def double(numbers):
    return [2 * number for number in numbers]
