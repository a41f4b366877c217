"""Keys of page tokens are changed while viewers scroll, on replicas that look at their own pace."""

import stat

import pytest

from feed_assembly.key_ring import MAX_KEYS, KeyRing, KeyRingError, new_key
from feed_assembly.page_keys import RING_FILE, SINGLE_KEY_FILE, WatchedRing, keys_at_home
from feed_assembly.page_token import PageToken, PageTokens
from feed_assembly.stored_feed import Cursor
from serving.errors import InvalidRequestError
from serving.metrics_recorder import Metrics
from tests.serving.fixed_clock import NOON_MS

NOON_S = NOON_MS // 1_000
DELAY_S, LEEWAY_S = 300, 3_600
TOKEN = PageToken("0123456789abcdef" * 2, Cursor(20, 1, 20), 3, NOON_MS - 5)


def replica(path, now_s: int) -> PageTokens:
    """One that has just read the file, at that time."""
    return PageTokens(WatchedRing(path, Metrics(), lambda: float(now_s)))


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([new_key(0)])


def test_a_key_is_accepted_everywhere_before_it_signs_anywhere(tmp_path, ring):
    old, new = tmp_path / "old", tmp_path / "new"
    ring.write(old, replace=False)
    ring.rotated(NOON_S, DELAY_S, LEEWAY_S).write(new, replace=False)
    soon = NOON_S + DELAY_S - 1
    assert replica(old, soon).read(replica(new, soon).sign(7, TOKEN, NOON_MS), 7, NOON_MS) == TOKEN
    later = replica(new, NOON_S + DELAY_S)
    with pytest.raises(InvalidRequestError):
        replica(old, NOON_S + DELAY_S).read(later.sign(7, TOKEN, NOON_MS), 7, NOON_MS)


def test_what_the_old_key_signed_is_good_until_nothing_of_it_can_come_back(tmp_path, ring):
    path = tmp_path / "ring"
    ring.write(path, replace=False)
    text = replica(path, NOON_S).sign(7, TOKEN, NOON_MS)
    once = ring.rotated(NOON_S, DELAY_S, LEEWAY_S)
    for rotated, is_accepted in (
        (once, True),
        (once.rotated(NOON_S + DELAY_S + LEEWAY_S - 1, DELAY_S, LEEWAY_S), True),
        (once.rotated(NOON_S + DELAY_S + LEEWAY_S, DELAY_S, LEEWAY_S), False),
    ):
        rotated.write(path, replace=True)
        reader = replica(path, NOON_S)
        if is_accepted:
            assert reader.read(text, 7, NOON_MS) == TOKEN
        else:
            with pytest.raises(InvalidRequestError):
                reader.read(text, 7, NOON_MS)


def test_keys_come_back_from_the_file_as_they_were_written(tmp_path, ring):
    rotated = ring.rotated(NOON_S, DELAY_S, LEEWAY_S)
    rotated.write(tmp_path / "ring", replace=False)
    assert KeyRing.read(tmp_path / "ring").keys == rotated.keys
    assert stat.S_IMODE((tmp_path / "ring").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["ring"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one two\n",
        "key-1 2026-01-01T00:00:00Z abcd\n",
        "key-1 yesterday " + "00" * 32,
        "\xff\xfe",
    ],
)
def test_a_damaged_file_is_refused_without_its_contents(tmp_path, text):
    (tmp_path / "ring").write_text(text)
    with pytest.raises(KeyRingError) as raised:
        KeyRing.read(tmp_path / "ring")
    assert not any(word in str(raised.value) for word in text.split())


def test_more_keys_than_could_be_meant_are_refused(tmp_path):
    KeyRing([new_key(number) for number in range(MAX_KEYS + 1)]).write(
        tmp_path / "ring", replace=False
    )
    with pytest.raises(KeyRingError, match="9 keys"):
        KeyRing.read(tmp_path / "ring")


def test_a_ring_is_not_rotated_past_what_can_be_read(ring):
    for rotation in range(MAX_KEYS - 1):
        ring = ring.rotated(NOON_S + rotation, DELAY_S, LEEWAY_S)
    with pytest.raises(KeyRingError, match="rotate again after 2025-06-15T16:11:40Z"):
        ring.rotated(NOON_S + 60, DELAY_S, LEEWAY_S)
    free_s = NOON_S + DELAY_S + LEEWAY_S
    assert len(ring.rotated(free_s, DELAY_S, LEEWAY_S).keys) <= MAX_KEYS


def test_a_home_gets_a_key_once(tmp_path):
    first = keys_at_home(tmp_path / "home", Metrics())
    assert len(first.signing()) == 32
    assert keys_at_home(tmp_path / "home", Metrics()).signing() == first.signing()
    assert keys_at_home(tmp_path / "other", Metrics()).signing() != first.signing()
    assert [path.name for path in (tmp_path / "home").iterdir()] == [RING_FILE]


def test_a_home_of_before_keeps_its_key(tmp_path):
    (tmp_path / SINGLE_KEY_FILE).write_bytes(b"k" * 32)
    assert keys_at_home(tmp_path, Metrics()).accepted() == [b"k" * 32]


def test_a_damaged_key_of_before_is_refused(tmp_path):
    (tmp_path / SINGLE_KEY_FILE).write_bytes(b"short")
    with pytest.raises(ValueError, match="5 bytes, a key has 32"):
        keys_at_home(tmp_path, Metrics())
