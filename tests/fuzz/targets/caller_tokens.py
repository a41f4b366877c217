"""Tokens of callers: what they make up, and whatever claims a trusted key could have signed."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt

from generation.trusted_keys import SigningKey, TrustedKeys
from serving.access.caller import Caller
from serving.access.caller_tokens import ALGORITHM, AUDIENCE, CallerTokens, TokenError
from serving.access.roles import Role
from serving.metrics_recorder import Metrics
from serving.watched_files import WatchedFiles
from tests.fuzz.target import Target, Try

NOW_S = 1_750_000_000.0
SIGNED, AS_IT_IS = b"s", b"t"
CLAIMS = {"sub": "shop", "roles": [*Role][:1], "aud": AUDIENCE, "exp": NOW_S + 60}


def seeds() -> Iterator[bytes]:
    yield SIGNED + json.dumps(CLAIMS).encode()
    yield AS_IT_IS + jwt.encode(CLAIMS, "k" * 32, "HS256", headers={"kid": "x"}).encode()
    yield AS_IT_IS + jwt.encode(CLAIMS, "", "none").encode()


@contextmanager
def opened() -> Iterator[Try]:
    with tempfile.TemporaryDirectory() as name:
        key = SigningKey.make(Path(name) / "key.pem")
        lines = Path(name) / "trusted"
        lines.write_text(key.trusted_line)
        tokens = CallerTokens(
            WatchedFiles("callers", [lines], lambda: TrustedKeys.read(lines), Metrics()),
            lambda: NOW_S,
        )

        def attempt(data: bytes) -> None:
            token = data[1:].decode("utf-8", "replace")
            if data.startswith(SIGNED):
                token = _signed(data[1:], key)
            try:
                caller = tokens.caller_of(token)
            except TokenError:
                return
            assert data.startswith(SIGNED), "nobody signed it"
            assert isinstance(caller, Caller)
            assert caller.roles <= set(Role)

        yield attempt


def _signed(claims: bytes, key: SigningKey) -> str:
    return jwt.api_jws.encode(claims, key.private, ALGORITHM, headers={"kid": key.key_id})


TARGET = Target("caller_tokens", seeds, opened)
