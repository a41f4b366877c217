from datetime import UTC, datetime

import pytest

from serving.effort.rung import Rung
from serving.switches.switch_file import Entry, SwitchFile, SwitchFileError

TEN = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def read(tmp_path, text):
    path = tmp_path / "switches.toml"
    path.write_text(text)
    return SwitchFile.read(path)


def test_no_file_is_everything_on(tmp_path):
    assert SwitchFile.read(tmp_path / "none.toml") == SwitchFile()


def test_an_empty_file_is_everything_on(tmp_path):
    assert read(tmp_path, "") == SwitchFile()


def test_what_is_written_is_read_again(tmp_path):
    file = SwitchFile(
        {"source:popular": Entry(TEN), "filter:blocked": Entry(unsafe=True)},
        Rung.SMALLER_RANKER,
        Entry(TEN),
    )
    file.write(tmp_path / "switches.toml")
    assert SwitchFile.read(tmp_path / "switches.toml") == file
    assert [path.name for path in tmp_path.iterdir()] == ["switches.toml"]


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\nb", "ä😀", "\x7f", ""])
def test_odd_keys_are_written_so_that_they_can_be_read(tmp_path, key):
    file = SwitchFile({key: Entry(TEN)})
    file.write(tmp_path / "switches.toml")
    assert SwitchFile.read(tmp_path / "switches.toml") == file


@pytest.mark.parametrize(
    "text", ["a = " + 9_000 * "[", '[rung]\nname="floor"\nuntil=9999-12-31T23:59:59-10:00']
)
def test_what_cannot_be_followed_is_refused_as_such(tmp_path, text):
    with pytest.raises(SwitchFileError):
        read(tmp_path, text)


def test_what_has_expired_is_left_out():
    file = SwitchFile({"a": Entry(TEN), "b": Entry()}, Rung.FLOOR, Entry(TEN))
    assert file.still_holding(TEN.timestamp() - 1) == file
    assert file.still_holding(TEN.timestamp()) == SwitchFile({"b": Entry()})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[of]", "of is unknown, there are rung, off"),
        ("off = 3", "off: 3 is no table"),
        ("off.x = 3", "x: 3 is no table"),
        ('[off."source:x"]\nuntill = 1', "untill is unknown, there are until, unsafe"),
        ('[off."source:x"]\nuntil = 2026-11-21T10:00:00', "no time with a zone"),
        ('[off."source:x"]\nunsafe = 1', "neither true nor false"),
        ('[rung]\nname = "attic"', "'attic' is no rung, need one of full, fewer_probes"),
        ("[rung", "no TOML"),
        ("#" * 70_000, "more than 65536 bytes"),
        ("\x00", "no TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(tmp_path, text, problem):
    with pytest.raises(SwitchFileError, match=problem):
        read(tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "switches.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SwitchFileError, match="no TOML"):
        SwitchFile.read(tmp_path / "switches.toml")
