"""What services need from the store of viewer state: versioned blobs, few round trips."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from serving.state.state_counters import StateCounters

MAX_VERSION = 2**63
"""Versions are below this, so that signed 64-bit readers agree with us."""
MAX_TTL_S = 10 * 365 * 86_400
"""Longer is no expiry at all: leave `ttl_s` out."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """A stored value.

    Attributes:
        version: Positive; grows with every change. For state fed from the bus it is the last
            applied offset + 1.
        value: Packed bytes, opaque to the store.
    """

    version: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Update:
    """One compare-and-set: the value is written if the stored version still is `expected`.

    Attributes:
        expected: Version seen when reading; 0 means "there was none".
        version: The new version, greater than `expected`.
        ttl_s: Forget the key this many seconds after this write; `None` keeps it for good.

    Raises:
        ValueError: a field is out of range; always a bug of the caller.
    """

    key: bytes
    value: bytes
    expected: int
    version: int
    ttl_s: int | None = None

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("key is empty")
        if not 0 <= self.expected < self.version < MAX_VERSION:
            raise ValueError(
                f"expected {self.expected} and version {self.version}, "
                f"need 0 <= expected < version < {MAX_VERSION}"
            )
        if self.ttl_s is not None and not 0 < self.ttl_s <= MAX_TTL_S:
            raise ValueError(f"ttl_s is {self.ttl_s}, need 1..{MAX_TTL_S}")


class StateStore(Protocol):
    """Versioned key-value store. `open_state_store(address)` picks the implementation.

    Keys are short bytes with a prefix per kind of record (`s/` session, `v/` viewer, ...). Every
    method takes one round trip, whatever the number of keys, and answers or fails within the
    store's configured timeout; nothing is retried.

    Attributes:
        counters: Totals of this store, for the metrics layer.
        is_local: Whether `read` and `write` answer without ever giving way to other tasks, so that
            nobody can come between, and no wait needs a limit.
    """

    counters: StateCounters
    is_local: bool

    async def read(self, keys: Sequence[bytes]) -> list[Versioned | None]:
        """Read many keys at once; `None` where there is nothing, in the order of `keys`.

        Raises:
            StateUnavailableError: the store did not answer in time.
        """
        ...

    async def write(self, updates: Sequence[Update], *, all_or_none: bool = False) -> list[bool]:
        """Apply compare-and-sets, all inside one atomic step; each succeeds or fails on its own.

        With `all_or_none` one stale update stops them all, so that a checkpoint can never move past
        an effect that was not applied. Updates of one key follow one another in the given order.
        No reader sees some of them without the others. When this returns they are kept as durably
        as the store is configured to (Redis: append-only file; RocksDB: its log).

        Returns:
            For each update whether it was applied; with `all_or_none` all true or all false.

        Raises:
            StateUnavailableError: not confirmed in time; the updates may have been applied all the
                same, so callers re-read before they decide.
        """
        ...

    async def ping(self) -> None:
        """Raise StateUnavailableError unless the store answers."""
        ...

    async def until_damaged(self) -> None:
        """Return never; for owners who watch tasks, so that a restart rebuilds what is damaged.

        Raises:
            StateDamagedError: a part could not be read, and cannot be until it is rebuilt.
        """
        ...

    async def close(self) -> None: ...
