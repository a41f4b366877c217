"""However a viewer scrolls and acts in between: no item twice, none left out."""

import asyncio
import itertools
from dataclasses import dataclass, field

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feed_assembly.feed_page import FeedPage
from feed_assembly.item_change import ItemChange
from tests.feed_assembly.ring import Ring

ITEM_COUNT = 260
SECOND_MS = 1_000
FIRST_ITEM = 1000

steps = st.one_of(
    st.tuples(st.just("scroll"), st.integers(1, 50)),
    st.tuples(st.just("refresh"), st.integers(1, 50)),
    st.tuples(st.just("hide"), st.integers(0, ITEM_COUNT - 1)),
    st.tuples(st.just("delete"), st.integers(0, ITEM_COUNT - 1)),
    st.tuples(st.just("block"), st.integers(0, 7)),
    st.tuples(st.just("like"), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 400)),
)


@dataclass
class Scroller:
    """Acts as the steps say and remembers what was shown and what must not be."""

    ring: Ring
    token: str = ""
    shown: list[int] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)

    async def step(self, kind: str, value: int) -> None:
        self.ring.clock.advance(1)
        if kind in ("scroll", "refresh"):
            token = self.token if kind == "scroll" else ""
            self.take(await self.ring.page(page_size=value, page_token=token))
        elif kind == "hide":
            self.revoked.add(FIRST_ITEM + value)
            await self.ring.revoke("hidden_items", FIRST_ITEM + value)
        elif kind == "delete":
            self.revoked.add(FIRST_ITEM + value)
            self.ring.overlay.apply(ItemChange("e", "delete", FIRST_ITEM + value))
        elif kind == "block":
            ids = np.arange(FIRST_ITEM, FIRST_ITEM + ITEM_COUNT)
            self.revoked |= set(ids[ids % 8 == value].tolist())
            await self.ring.revoke("blocked_authors", value)
        elif kind == "like":
            await self.ring.like()
        else:
            self.ring.clock.advance(value * SECOND_MS)

    def take(self, page: FeedPage) -> None:
        ids = page.item_ids.tolist()
        assert not self.revoked & set(ids)
        self.shown += ids
        assert len(self.shown) == len(set(self.shown))
        assert page.receipt.origin in ("ranked", "stored", "page", "floor")
        self.token = page.next_page_token


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.lists(steps, max_size=14))
def test_nothing_comes_twice_or_after_its_revocation(generation_folder, path) -> None:
    async def scroll() -> None:
        scroller = Scroller(Ring(generation_folder, ITEM_COUNT))
        waited_s = 0
        for kind, value in path:
            waited_s += value if kind == "wait" else 0
            if waited_s < 1_700:  # within half an hour, after which items may come back
                await scroller.step(kind, value)

    asyncio.run(scroll())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sizes=st.lists(st.integers(3, 50), min_size=1, max_size=5),
    hidden=st.lists(st.integers(0, 60), max_size=12, unique=True),
)
def test_scrolling_on_leaves_nothing_out(generation_folder, sizes, hidden) -> None:
    """Lists follow one another in the order of ids, so far behind the first hundred none of them
    may be missing that was not hidden."""

    async def scroll() -> None:
        scroller = Scroller(Ring(generation_folder, ITEM_COUNT))
        hides = iter(hidden)
        turn = 0
        while len(scroller.shown) < 150:
            await scroller.step("scroll", sizes[turn % len(sizes)])
            for item in itertools.islice(hides, 1):
                await scroller.step("hide", item)
            turn += 1
        shown = set(scroller.shown)
        assert shown | scroller.revoked >= set(range(FIRST_ITEM, FIRST_ITEM + 100))

    asyncio.run(scroll())
