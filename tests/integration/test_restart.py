"""Killed at once and started again, embedded or with Kafka and Redis: nothing acknowledged is lost,
nothing counts twice, and viewers scroll on where they were."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from protos import events_pb2, feed_pb2
from tests.integration.caller import Caller, item_ids, open_caller
from tests.integration.distributed import Distributed, run_distributed
from tests.integration.draining import exit_code_after_sigterm
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.small_world import SmallWorld
from tests.integration.viewer_facts import viewer_facts

pytestmark = pytest.mark.slow

NEWCOMER = 1_500_000
"""Known by what is logged here alone, so that every count is known, too."""
OTHER, SCROLLER = 41, 57
DWELL_MS = 2_500.0


@dataclass(frozen=True, slots=True)
class Ring:
    """A way to run all services, and where it keeps viewers' states."""

    server: EmbeddedProcess | Distributed
    state: str

    def drain(self) -> dict[str, int | None]:
        """End our own processes and leave the stores, so that they can be read; exit codes."""
        is_one = isinstance(self.server, EmbeddedProcess)
        services = [self.server] if is_one else self.server.services
        return {process.name: exit_code_after_sigterm(process) for process in reversed(services)}


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("real", marks=[pytest.mark.kafka, pytest.mark.redis])],
)
def ring(
    request: pytest.FixtureRequest, world: SmallWorld, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ring]:
    home = tmp_path_factory.mktemp("restart") / "home"
    if request.param == "embedded":
        with EmbeddedProcess(world.generations, home) as server:
            yield Ring(server, f"rocksdb://{home}/state")
    else:
        with run_distributed(world.generations, home) as running:
            yield Ring(running, running.named("redis").address)


@dataclass(frozen=True, slots=True)
class Before:
    """What was acknowledged and shown before everything was killed."""

    actions: list[feed_pb2.Action]
    blocked_author: int
    followed_author: int
    repeated: feed_pb2.GetFeedResponse
    scrolled: list[int]
    token: str


@dataclass(frozen=True, slots=True)
class After:
    before: Before
    caller: Caller


@pytest.fixture(scope="module")
def restarted(ring: Ring) -> Iterator[After]:
    """Acted, killed the moment the last action was acknowledged, and started again.

    A client that saw connections break sends everything again: the actions come three times.
    """
    with open_caller(ring.server.address) as caller:
        before = live(caller)
    ring.server.kill()
    ring.server.start()
    with open_caller(ring.server.address) as caller:
        caller.log(before.actions)
        yield After(before, caller)


def live(caller: Caller) -> Before:
    page = caller.feed(SCROLLER, 10, request_id="page-one")
    following = caller.feed(SCROLLER, 10, page_token=page.next_page_token)
    shown = caller.feed(OTHER, 50).items
    blocked, followed = shown[0].author_id, shown[1].author_id
    actions = actions_on([item.item_id for item in shown])
    caller.log(actions)
    caller.log(actions)
    caller.act(OTHER, events_pb2.BLOCK, author_id=blocked)
    caller.act(NEWCOMER, events_pb2.FOLLOW, author_id=followed)
    scrolled = item_ids(page) + item_ids(following)
    return Before(actions, blocked, followed, page, scrolled, following.next_page_token)


def actions_on(items: list[int]) -> list[feed_pb2.Action]:
    """50 impressions, 20 clicks and 10 likes of the newcomer, the likes on the first ten items."""
    kinds = (
        (events_pb2.IMPRESSION, 50, DWELL_MS),
        (events_pb2.CLICK, 20, 0.0),
        (events_pb2.LIKE, 10, 0.0),
    )
    return [
        feed_pb2.Action(
            action_id=f"{kind}-{item}", viewer_id=NEWCOMER, kind=kind, item_id=item, value=value
        )
        for kind, count, value in kinds
        for item in items[:count]
    ]


def test_a_request_id_gets_its_page_again(restarted):
    again = restarted.caller.feed(SCROLLER, 10, request_id="page-one")
    first = restarted.before.repeated
    assert again.receipt.origin == "repeat"
    assert list(again.items) == list(first.items)
    assert (again.feed_id, again.next_page_token) == (first.feed_id, first.next_page_token)


def test_a_token_leads_on_without_repeating(restarted):
    scrolled, token = list(restarted.before.scrolled), restarted.before.token
    for number in range(4):
        page = restarted.caller.feed(SCROLLER, 10, page_token=token)
        if number == 0:
            assert [item.position for item in page.items] == list(range(20, 30))
        scrolled += item_ids(page)
        token = page.next_page_token
    assert len(scrolled) == len(set(scrolled)) == 60


def test_a_block_still_holds(restarted):
    for page in restarted.caller.scroll(OTHER, 50, 4):
        assert page.items
        assert restarted.before.blocked_author not in {item.author_id for item in page.items}


def test_a_follow_and_the_likes_are_in_the_ranking(restarted):
    page = restarted.caller.feed(NEWCOMER, 50)
    found = {count.name: count.found_count for count in page.receipt.sources}
    assert found["in_network"] >= 1
    assert found["similar_to_liked"] >= 1
    seen = {action.item_id for action in restarted.before.actions}
    assert not seen & set(item_ids(page))


@pytest.fixture(scope="module")
def exit_codes(ring: Ring, restarted: After) -> dict[str, int | None]:  # noqa: ARG001
    """All of ours asked to end, after everything else was tested."""
    return ring.drain()


def test_every_process_drains_on_sigterm(exit_codes):
    assert exit_codes
    assert set(exit_codes.values()) == {0}, exit_codes


@pytest.mark.usefixtures("exit_codes")
async def test_every_action_counts_once_though_it_was_sent_again(ring, restarted, world):
    facts = await viewer_facts(world.generations, ring.state, NEWCOMER)
    impressions, clicks, likes, long_views, negatives, dwell_s, dwells = facts["totals"]
    assert (impressions, clicks, likes, long_views, negatives) == (50, 20, 10, 0, 0)
    assert (dwell_s, dwells) == (50 * DWELL_MS / 1_000, 50)
    actions = restarted.before.actions
    assert facts["seen"] == sorted({action.item_id for action in actions})
    clicked = {action.item_id for action in actions if action.kind == events_pb2.CLICK}
    assert set(facts["positives"]) == clicked
