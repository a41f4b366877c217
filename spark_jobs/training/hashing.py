"""Numbers that look random but depend on their input only, so that partitioning changes nothing."""

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]


def mixed_bits(bits: Bits) -> Bits:
    """The finaliser of SplitMix64 on each number."""
    bits = bits + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
