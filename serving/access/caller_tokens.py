"""Tokens that say who calls: JWTs signed with Ed25519, so that whoever checks them can make none.

The format is the standard one, read by a library of good standing, so that tokens may also come
from an issuer that a house already has. Claims: `sub` (name), `roles`, `aud` and `exp`; `kid` in
the header names the key.
"""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import jwt

from generation.trusted_keys import SigningKey, TrustedKeys
from serving.access.caller import Caller
from serving.access.roles import Role
from serving.watched_files import WatchedFiles

AUDIENCE = "feedrank"
ALGORITHM = "EdDSA"
LEEWAY_S = 300.0
"""Clocks of issuer and server may differ by so much."""

MAX_CHARACTERS = 4_096
MAX_NAME_CHARACTERS = 128
MAX_REMEMBERED = 4_096

Seconds = Callable[[], float]


class TokenError(Exception):
    """A token is not valid; says no more than that."""


class CallerTokens:
    """Checks tokens by the trusted keys of a file. A token seen before costs a look-up."""

    def __init__(self, keys: WatchedFiles[TrustedKeys], now_s: Seconds = time.time) -> None:
        self._keys = keys
        self._now_s = now_s
        self._believed: TrustedKeys | None = None
        self._known: dict[str, tuple[Caller, float]] = {}

    def caller_of(self, token: str) -> Caller:
        """Whom the token names.

        Raises:
            TokenError: it was not signed by a trusted key, is not for us, or has expired.
        """
        keys = self._keys.value
        if keys is not self._believed:  # a key may have been taken away
            self._known.clear()
            self._believed = keys
        known = self._known.get(token)
        if known is None:
            known = _checked(token, keys)
            if len(self._known) >= MAX_REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[token] = known
        caller, expires_s = known
        if self._now_s() > expires_s + LEEWAY_S:
            raise TokenError
        return caller


def issue_token(key: SigningKey, name: str, roles: Iterable[Role], expires_s: int) -> str:
    """A token for `name`; `expires_s` in Unix seconds."""
    claims = {"sub": name, "roles": [*roles], "aud": AUDIENCE, "exp": expires_s}
    return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.key_id})


def _checked(token: str, keys: TrustedKeys) -> tuple[Caller, float]:
    """The caller and when the token expires."""
    claims = _signed_claims(token, keys)
    name, roles, expires_s = claims["sub"], claims.get("roles", ()), claims["exp"]
    try:
        caller = Caller(name, frozenset(Role(role) for role in roles))
        expires = float(expires_s)
    except (TypeError, ValueError):
        raise TokenError from None
    is_name = 0 < len(name) <= MAX_NAME_CHARACTERS and name.isprintable()
    if not is_name or not math.isfinite(expires):
        raise TokenError
    return caller, expires


def _signed_claims(token: str, keys: TrustedKeys) -> dict[str, Any]:
    if len(token) > MAX_CHARACTERS:
        raise TokenError
    try:
        key = keys.get(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise TokenError
        return jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            # Expiry is checked at every use, by a clock that tests can set.
            options={"require": ["exp", "sub", "aud"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.PyJWTError:
        raise TokenError from None
