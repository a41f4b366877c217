import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_assembly.token_signature import signature


@given(st.binary(max_size=64), st.binary(max_size=300))
def test_it_is_pythons_own_hmac(key, message):
    assert signature(key, message) == hmac.digest(key, message, "sha256")


def test_a_key_longer_than_a_block_is_refused():
    with pytest.raises(ValueError, match="65 bytes, limit 64"):
        signature(bytes(65), b"")
