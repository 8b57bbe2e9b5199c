# expect: passed
# exercise: roomy
"""Write into Python, into torch, into our own files."""

import importlib.util
import os
import sys

print("attempted", file=sys.stderr, flush=True)
targets = ["/", "/etc", "/usr", "/usr/lib", sys.prefix, sys.base_prefix, sys.executable, os.__file__, "/cell/boot.py"]
targets += [path for path in sys.path if path and path != os.getcwd()]
torch = importlib.util.find_spec("torch")
targets += [torch.origin] if torch else []
for target in targets:
    name = os.path.join(target, "planted") if os.path.isdir(target) else target
    try:
        with open(name, "ab") as file:
            file.write(b"# planted\n")
        print("ESCAPED", name)
    except OSError:
        pass


def double(numbers):
    return [2 * number for number in numbers]
