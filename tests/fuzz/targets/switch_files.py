"""The file of switches, which people edit by hand in the worst of moments."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.switches.switch_file import SwitchFile, SwitchFileError
from tests.fuzz.target import Target, Try


def seeds() -> Iterator[bytes]:
    yield b'[rung]\nname = "smaller_ranker"\nuntil = 2026-11-21T10:30:00Z\n'
    yield b'[off."source:popular"]\nuntil = 2026-11-21T10:30:00+02:00\n'
    yield b'[off."filter:blocked"]\nunsafe = true\n'
    yield b""


@contextmanager
def opened() -> Iterator[Try]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "switches.toml"

        def attempt(data: bytes) -> None:
            path.write_bytes(data)
            try:
                read = SwitchFile.read(path)
            except SwitchFileError:
                return
            read.still_holding(1_750_000_000.0)
            read.write(path)
            again = SwitchFile.read(path)
            assert again.off.keys() == read.off.keys()
            assert again.rung == read.rung
            again.write(path)
            assert SwitchFile.read(path) == again

        yield attempt


TARGET = Target("switch_files", seeds, opened)
