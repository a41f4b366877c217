"""A model consumer that follows the recipe of `offset_journal`, and the ways it can be killed.

Its state per viewer is the list of the offsets applied, so a lost, doubled or misplaced effect is
visible by eye.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from serving.errors import StateUnavailableError
from serving.state.bus_epoch import BusEpoch
from serving.state.offset_journal import (
    action_key,
    checkpoint_key,
    find_repeats,
)
from serving.state.state_store import StateStore, Update, Versioned

PARTITION = 3
EPOCH = BusEpoch(("bus",))
Answer = TypeVar("Answer")


class KilledError(BaseException):
    """The process ends here; nothing that it remembered lives on."""


@dataclass(frozen=True)
class Action:
    offset: int
    viewer: bytes
    action_id: bytes


class MurderousStore:
    """A store during whose writes the process may die, or the answer or the request may be lost.

    A request that is lost on the way may also arrive later, when others have written since.
    """

    def __init__(self, store: StateStore, dice: random.Random) -> None:
        self._store = store
        self._dice = dice
        self._late: list[Sequence[Update]] = []

    async def read(self, keys: Sequence[bytes]) -> list[Versioned | None]:
        found = await self._store.read(keys)
        if self._late and self._dice.random() < 0.5:  # after the read: the reader cannot know
            await self._store.write(self._late.pop(), all_or_none=True)
        for _ in range(self._dice.randrange(4)):  # let another owner of the partition go ahead
            await asyncio.sleep(0)
        return found

    async def write(self, updates: Sequence[Update], *, all_or_none: bool = False) -> list[bool]:
        fate = self._dice.choice(["well", "well", "killed before", "killed after", "lost", "late"])
        if fate == "killed before":
            raise KilledError
        if fate == "late":
            self._late.append(updates)
        if fate in ("late", "lost"):
            raise StateUnavailableError("no answer")
        applied = await self._store.write(updates, all_or_none=all_or_none)
        if fate == "killed after":
            raise KilledError
        return applied

    async def ping(self) -> None:
        await self._store.ping()

    async def close(self) -> None:
        await self._store.close()


async def until_answered(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """What `call` returns, tried again for as long as the store does not answer."""
    while True:
        try:
            return await call()
        except StateUnavailableError:
            continue


async def consume(store: StateStore, log: Sequence[Action], name: str, dice: random.Random) -> None:
    """Apply the log from the checkpoint to its end, in batches of any size; one process's life."""
    position = await where_to_begin(store, name)
    while batch := [each for each in log if each.offset >= position][: dice.randint(1, 6)]:
        try:
            applied = await apply_batch(store, batch, name, position)
        except StateUnavailableError:
            applied = False
        position = batch[-1].offset + 1 if applied else await where_to_begin(store, name)


async def where_to_begin(store: StateStore, name: str) -> int:
    """The checkpoint, or else the log's beginning."""
    [found] = await store.read([checkpoint_key(name, "g1", PARTITION)])
    return EPOCH.position(found, 0)


async def consume_again_and_again(
    store: StateStore, log: Sequence[Action], name: str, dice: random.Random
) -> int:
    """Start a new process whenever one is killed; return how many were."""
    deaths = 0
    while True:
        try:
            await consume(store, log, name, dice)
        except KilledError:
            deaths += 1
        else:
            return deaths


async def apply_batch(store: StateStore, batch: Sequence[Action], name: str, position: int) -> bool:
    """Apply one batch read from `position` on; false if somebody else changed something."""
    checkpoint = checkpoint_key(name, "g1", PARTITION)
    viewers = sorted({viewer_key(name, each.viewer) for each in batch})
    actions = [(action_key(name, "g1", PARTITION, each.action_id), each.offset) for each in batch]
    stored = await store.read([checkpoint, *viewers, *(key for key, _ in actions)])
    if position != EPOCH.position(stored[0], 0):
        return False
    states = dict(zip(viewers, stored[1 : 1 + len(viewers)], strict=True))
    repeats, memories = find_repeats(actions, stored[1 + len(viewers) :])
    changed: dict[bytes, tuple[int, bytes]] = {}
    for each, repeat in zip(batch, repeats, strict=True):
        key = viewer_key(name, each.viewer)
        record = states[key]
        if repeat or (record and each.offset < record.version):
            continue
        _, value = changed.get(key) or (0, record.value if record else b"")
        changed[key] = (each.offset + 1, value + b"%d " % each.offset)
    next_offset = batch[-1].offset + 1
    updates = [
        Update(key, value, record.version if (record := states[key]) else 0, version)
        for key, (version, value) in changed.items()
    ]
    updates += [*memories, EPOCH.moved(checkpoint, stored[0], next_offset)]
    applied = await store.write(updates, all_or_none=True)
    return all(applied)


def viewer_key(name: str, viewer: bytes) -> bytes:
    return b"v/" + name.encode() + b"/" + viewer


def expected_states(log: Sequence[Action]) -> dict[bytes, bytes]:
    """What every viewer's state must be in the end: each action once, at its first offset."""
    seen: set[bytes] = set()
    states: dict[bytes, bytes] = {}
    for each in log:
        if each.action_id not in seen:
            seen.add(each.action_id)
            states[each.viewer] = states.get(each.viewer, b"") + b"%d " % each.offset
    return states
