"""Whatever happens at once, on either of two replicas: what was revoked before a call is not in it.

Calls, revocations and deletions interleave at every wait for the store, in an order that a seed
decides; lists are ranked before a block and arrive after it; the store may be emptied in between.
"""

import asyncio
import random
from pathlib import Path

import pytest

from feed_assembly.item_change import ItemChange
from feed_assembly.session.session import RevocationChange, RevocationKind
from serving.contracts.candidates import GenerateRequest
from serving.contracts.rank import RankReply
from serving.deadline import Deadline
from tests.feed_assembly.memory_state import MemoryState
from tests.feed_assembly.ring import VIEWER, Ring
from tests.generation.tiny_generation import NOON_MS

CALLERS, CALLS, REVOCATIONS = 4, 12, 18
KINDS: list[RevocationKind] = [
    "blocked_authors",
    "muted_authors",
    "hidden_items",
    "unfollowed_authors",
    "left_groups",
]
ITEMS = range(1000, 1100)


class SlowState(MemoryState):
    """Lets others in before each answer, as often as the dice say."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice

    async def ping(self) -> None:
        await let_others_in(self._dice)
        await super().ping()


async def let_others_in(dice: random.Random) -> None:
    for _ in range(dice.randrange(6)):
        await asyncio.sleep(0)


def group_of(item_id: int) -> int:
    """Ten groups; viewers may leave six of them."""
    return item_id % 10


def items_of(group_id: int) -> set[int]:
    return {item_id for item_id in ITEMS if group_of(item_id) == group_id}


class World:
    """Two replicas on one store, and what is revoked for sure."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        state = SlowState(self.dice)
        self.replicas = [Ring(folder, state=state) for _ in range(2)]
        self.state = state
        self.authors: set[int] = set()
        self.items: set[int] = set()
        self.pages = 0
        for ring in self.replicas:
            self._make_slow(ring)
            for item_id in ITEMS:
                ring.overlay.apply(ItemChange("e", "publish", item_id, group_id=group_of(item_id)))

    def _make_slow(self, ring: Ring) -> None:
        generate = ring.candidates.generate

        async def slow(request: GenerateRequest, deadline: Deadline) -> RankReply:
            await let_others_in(self.dice)
            ring.candidates.known_blocks.update(request.unfollowed_author_ids.tolist())
            for group_id in request.left_group_ids.tolist():
                ring.candidates.known_hidden.update(items_of(group_id))
            reply = await generate(request, deadline)
            await let_others_in(self.dice)
            return reply

        ring.candidates.generate = slow  # type: ignore[method-assign]

    async def scroll(self) -> None:
        token = request_id = ""
        for number in range(CALLS):
            ring = self.dice.choice(self.replicas)
            self._pass_time()
            authors, items = set(self.authors), set(self.items)
            if self.dice.random() < 0.7:  # else the last request again
                request_id = f"{id(self)}-{number}-{self.dice.random()}"
            page = await ring.page(page_size=10, page_token=token, request_id=request_id)
            assert not authors & set(page.author_ids.tolist())
            assert not items & set(page.item_ids.tolist())
            self.pages += len(page) > 0
            token = page.next_page_token if self.dice.random() < 0.6 else ""

    async def revoke(self) -> None:
        for _ in range(REVOCATIONS):
            await let_others_in(self.dice)
            ring, kind = self.dice.choice(self.replicas), self.dice.choice(KINDS)
            target = self.dice.choice(ITEMS) if kind == "hidden_items" else self.dice.randrange(6)
            await self._put_in_force(ring, RevocationChange(kind, target, NOON_MS, in_force=True))
            authors, items = {target}, set[int]()
            if kind == "hidden_items":
                authors, items = items, authors
            elif kind == "left_groups":
                authors, items = set(), items_of(target)
            self._tell_candidate_gen(authors, items)
            self.authors |= authors
            self.items |= items

    async def _put_in_force(self, ring: Ring, change: RevocationChange) -> None:
        """Recorded as of when the call came, which is a while before it is written."""
        came_ms = ring.clock.now_ms()
        await let_others_in(self.dice)
        await ring.sessions.update(VIEWER, lambda record: record.with_changes([change], came_ms))

    def _pass_time(self) -> None:
        for ring in self.replicas:
            ring.clock.advance(1)

    def _tell_candidate_gen(self, authors: set[int], items: set[int]) -> None:
        """As the bus does."""
        for ring in self.replicas:
            ring.candidates.known_blocks |= authors
            ring.candidates.known_hidden |= items

    async def delete(self) -> None:
        for number in range(10):
            await let_others_in(self.dice)
            target = self.dice.choice(ITEMS)
            change = ItemChange(f"deletion-{number}", "delete", target)
            for ring in self.replicas:
                ring.overlay.apply(change)
            self.items.add(target)


@pytest.mark.parametrize("seed", range(25))
async def test_nothing_revoked_before_a_call_is_in_its_page(generation_folder, seed) -> None:
    world = World(generation_folder, seed)
    await asyncio.gather(*(world.scroll() for _ in range(CALLERS)), world.revoke(), world.delete())
    assert world.pages > CALLERS * CALLS / 2, "the test must see pages"
    assert len(world.authors) >= 3


@pytest.mark.parametrize("seed", range(100, 125))
async def test_not_even_when_the_store_is_emptied_meanwhile(generation_folder, seed) -> None:
    world = World(generation_folder, seed)

    async def empty() -> None:
        for _ in range(world.dice.randrange(200)):
            await asyncio.sleep(0)
        world.state.values.clear()
        for ring in world.replicas:
            ring.clock.advance(1)

    await world.replicas[0].page(page_size=1)  # a viewer without a record has nothing to lose
    await asyncio.gather(*(world.scroll() for _ in range(CALLERS)), world.revoke(), empty())
    assert world.pages > CALLERS * CALLS / 2
