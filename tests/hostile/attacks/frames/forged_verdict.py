# expect: error, failed
# exercise: roomy
"""Well-formed verdicts and answers, before anything was asked."""

import json
import os
import struct
import sys

import values

import __main__

print("attempted", file=sys.stderr, flush=True)
_, writer = __main__.CHANNEL
verdict = {"outcome": "passed", "score": 1.0, "cases": [], "message": "", "hint": {}, "log": ""}
forged = [b"V" + json.dumps(verdict).encode(), b"C" + json.dumps(verdict).encode(), b"A" + json.dumps(verdict).encode()]
forged += [
    values.encode({"status": "loaded", "missing": []}),
    values.encode({"status": "answered", "value": [2, 4, 6]}),
]
forged += [values.encode({"status": "passed", "value": True, "passed": True})]
for frame in forged:
    os.write(writer, struct.pack(">I", len(frame)) + frame)


def double(numbers):
    return None
