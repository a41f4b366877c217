"""What is revoked or deleted is gone everywhere, on one server or two replicas; and the probe."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from feedrank.main import app
from protos import events_pb2
from tests.integration.caller import Caller, item_ids, open_caller, until
from tests.integration.distributed import run_distributed
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.small_world import SmallWorld

pytestmark = pytest.mark.slow

DELETED_WITHIN_MS = 2_000
BUSY_FACTOR = 5
"""Machines that run tests are busy; quiet ones are measured by `feedrank probe`."""
BLOCKER, SCROLLER, ASKER, HIDER, DELETER = 201, 202, 203, 204, 205


@pytest.fixture(
    scope="module",
    params=["one", pytest.param("two", marks=[pytest.mark.kafka, pytest.mark.redis])],
)
def addresses(
    request: pytest.FixtureRequest,
    world: SmallWorld,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[str]]:
    """Of all replicas of the edge, on one store and one bus."""
    if request.param == "one":
        home = tmp_path_factory.mktemp("revocations") / "home"
        with EmbeddedProcess(world.generations, home) as server:
            yield [server.address]
    else:
        home = tmp_path_factory.mktemp("revocations-two")
        with run_distributed(world.generations, home, replicas=2) as ring:
            yield [p.address for p in ring.services if p.name.startswith("feed_assembly")]


@pytest.fixture
def callers(addresses: list[str]) -> Iterator[list[Caller]]:
    """The first acts, the last looks: on another replica where there is one."""
    with open_caller(addresses[0]) as first, open_caller(addresses[-1]) as last:
        yield [first, last]


def test_a_block_is_in_force_by_the_next_call_on_every_replica(callers):
    first, last = callers
    page = first.feed(BLOCKER, 20)
    author = page.items[3].author_id
    first.act(BLOCKER, events_pb2.BLOCK, author_id=author)
    for caller in (last, first):
        following = caller.feed(BLOCKER, 50)
        assert following.items
        assert author not in {item.author_id for item in following.items}


def test_next_pages_are_without_whom_was_blocked(callers):
    first, last = callers
    page = first.feed(SCROLLER, 5)
    later = last.feed(SCROLLER, 5, page_token=page.next_page_token)
    author = later.items[0].author_id
    first.act(SCROLLER, events_pb2.BLOCK, author_id=author)
    again = last.feed(SCROLLER, 5, page_token=page.next_page_token)
    assert author not in {item.author_id for item in again.items}
    for page in last.scroll(SCROLLER, 20, 3):
        assert author not in {item.author_id for item in page.items}


def test_a_repeated_request_is_without_whom_was_blocked(callers):
    first, last = callers
    page = first.feed(ASKER, 20, request_id="asked")
    author = page.items[0].author_id
    first.act(ASKER, events_pb2.BLOCK, author_id=author)
    again = last.feed(ASKER, 20, request_id="asked")
    assert again.receipt.origin == "repeat"
    assert item_ids(again) == [item.item_id for item in page.items if item.author_id != author]


def test_what_was_hidden_is_gone_by_the_next_call(callers):
    first, last = callers
    page = first.feed(HIDER, 10, request_id="hidden-from")
    hidden = page.items[0].item_id
    first.act(HIDER, events_pb2.HIDE, item_id=hidden)
    again = last.feed(HIDER, 10, request_id="hidden-from")
    assert item_ids(again) == item_ids(page)[1:]


def test_a_block_works_for_both_people(callers):
    """In the session of the one blocked, too: their next call is without the blocker's items."""
    first, last = callers
    page = first.feed(DELETER, 50, request_id="met")
    blocker = page.items[0].author_id
    first.act(blocker, events_pb2.BLOCK, author_id=DELETER)
    again = last.feed(DELETER, 50, request_id="met")
    assert blocker not in {item.author_id for item in again.items}


def test_a_deleted_item_is_gone_from_every_replica(callers):
    first, last = callers
    page = first.feed(DELETER + 1, 20, request_id="deleted-from")
    item = page.items[0].item_id
    first.delete(item)
    for caller in (first, last):
        seen = until(
            lambda caller=caller: caller.feed(DELETER + 1, 20, request_id="deleted-from"),
            lambda page: item not in item_ids(page),
            DELETED_WITHIN_MS / 1_000 * BUSY_FACTOR,
        )
        assert item not in item_ids(seen)


def test_the_probe_measures_all_of_it(addresses):
    done = CliRunner().invoke(app, ["probe", "--address", addresses[0], "--json"])
    assert done.exit_code == 0, done.output
    measured = json.loads(done.stdout)
    assert set(measured) == {"post_ms", "like_ms", "block_ms", "delete_ms"}
    assert measured["delete_ms"] < DELETED_WITHIN_MS * BUSY_FACTOR
