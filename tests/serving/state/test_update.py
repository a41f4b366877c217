import pytest

from serving.state.state_store import MAX_VERSION, Update


@pytest.mark.parametrize(
    ("expected", "version"), [(0, 0), (5, 5), (5, 4), (-1, 1), (0, MAX_VERSION)]
)
def test_versions_must_grow(expected, version):
    with pytest.raises(ValueError, match=f"expected {expected} and version {version}"):
        Update(b"a", b"", expected, version)


@pytest.mark.parametrize("ttl_s", [0, -1, 10**9])
def test_a_time_to_live_is_positive_and_bounded(ttl_s):
    with pytest.raises(ValueError, match=f"ttl_s is {ttl_s}"):
        Update(b"a", b"", 0, 1, ttl_s=ttl_s)


def test_a_key_is_not_empty():
    with pytest.raises(ValueError, match="key is empty"):
        Update(b"", b"", 0, 1)
