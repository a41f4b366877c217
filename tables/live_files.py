"""Names of the files that an export adds to a data folder: they tell the bus their rows are from.

Rows carry partition and offset, which mean nothing without the bus.
"""

import re

_NAME = re.compile(r"part-live-[0-9a-f]+\.([A-Za-z0-9_-]+)\.parquet")


def live_file_name(start: str, bus_id: str) -> str:
    """Name of the file of one export.

    Args:
        start: Hex digits, the same for every attempt at one export and for no other.
        bus_id: Letters, digits, `-` and `_`.
    """
    name = f"part-live-{start}.{bus_id}.parquet"
    if not _NAME.fullmatch(name):
        raise ValueError(f"start {start!r}, bus_id {bus_id!r}: unfit for a file name")
    return name


def bus_of_file(name: str) -> str:
    """Identity of the bus that a file's rows are from; empty where its name does not tell."""
    found = _NAME.fullmatch(name)
    return found[1] if found else ""
