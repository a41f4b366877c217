"""Bits outlive the release that set them: in sessions and on the bus."""

from serving.contracts.sources import FLOOR, SOURCE_BIT, SOURCES, source_names


def test_every_source_and_the_floor_have_a_bit_of_their_own_in_32() -> None:
    assert set(SOURCE_BIT) == {*SOURCES, FLOOR}
    assert all(bit.bit_count() == 1 and bit < 2**32 for bit in SOURCE_BIT.values())
    assert len(set(SOURCE_BIT.values())) == len(SOURCE_BIT)


def test_the_bits_of_the_first_release_keep_their_meaning() -> None:
    assert source_names(0b0000_0101) == ["in_network", "similar_to_liked"]
    assert source_names(0b1110_0000) == ["popular", "fresh", "floor"]
