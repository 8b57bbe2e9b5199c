# expect: error, failed
# exercise: roomy
"""Patch whatever of ours lies beside it."""

import json
import struct
import sys
import traceback

import values

print("attempted", file=sys.stderr, flush=True)
for module in (values, json, struct, traceback):
    for name in dir(module):
        if callable(getattr(module, name)) and not name.startswith("__"):
            setattr(module, name, lambda *arguments, **named: b"passed")


def double(numbers):
    return "passed"
