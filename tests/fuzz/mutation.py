"""A few simple changes of bytes, for where no fuzzer is installed."""

import random


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with some bytes changed, taken out, or put in again elsewhere."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randint(0, len(changed)), chance.randint(1, 8)
        match chance.randrange(3):
            case 0:
                changed[at : at + length] = chance.randbytes(length)
            case 1:
                del changed[at : at + length]
            case 2:
                start = chance.randint(0, len(changed))
                changed[at:at] = changed[start : start + length]
    return bytes(changed)
