"""The signing key is made once and is nobody else's business."""

import stat

import pytest

from feed_assembly.token_key import KEY_FILE, token_key


def test_it_is_made_at_first_start_and_kept(tmp_path) -> None:
    first = token_key(tmp_path / "home")
    assert len(first) == 32
    assert token_key(tmp_path / "home") == first
    assert token_key(tmp_path / "other") != first


def test_only_its_owner_can_read_it(tmp_path) -> None:
    token_key(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_nothing_else_is_left_behind(tmp_path) -> None:
    token_key(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_damaged_key_is_refused(tmp_path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(ValueError, match="5 bytes, a key has 32"):
        token_key(tmp_path)
