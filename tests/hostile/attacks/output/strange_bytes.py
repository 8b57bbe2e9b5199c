# expect: passed
# exercise: roomy
"""Bytes that are no text, control sequences, marks that turn text around, markup."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
os.write(1, b"\xff\xfe\x80 \x00 \x1b[2J\x1b]52;c;ZWNobw==\x07 \r overwritten \n")
os.write(1, "\u202e reversed \u2066 <script>alert(1)</script> =cmd()\n".encode())
os.write(1, b"\xed\xa0\x80 lone surrogate\n")
os.write(1, b"\x1e\x1d\x1eanswered\x1e\n" * 3)


def double(numbers):
    return [2 * number for number in numbers]
