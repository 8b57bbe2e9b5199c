# expect: passed, error
# exercise: roomy
"""Files that Python imports by itself, and modules with the names of ours."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
for name in ("sitecustomize", "usercustomize", "conftest", "torch", "numpy", "values", "json", "graders", "adapter"):
    with open(name + ".py", "w") as file:
        file.write("print('ESCAPED planted', __name__, __file__) if 'judge' in __import__('sys').argv[0] else None\n")
os.environ["PYTHONPATH"] = os.getcwd()
os.environ["LD_PRELOAD"] = os.getcwd() + "/planted.so"


def double(numbers):
    return [2 * number for number in numbers]
