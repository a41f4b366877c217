"""Act, export, rebuild, restart on the new generation: nothing lost, nothing counted twice."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generation.publish import current
from protos import events_pb2, feed_pb2
from tests.integration.caller import Caller, open_caller
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.small_world import SmallWorld
from tests.integration.viewer_facts import viewer_facts

pytestmark = pytest.mark.slow

NEWCOMER, OLD_HAND = 1_700_000, 77
AUTHOR, NEW_ITEM = 1_700_001, 1_700_002
COUNTS = {events_pb2.IMPRESSION: 30, events_pb2.CLICK: 12, events_pb2.LIKE: 6}
EXPORT_S = 120


@pytest.fixture(scope="module")
def own_world(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    """A copy that may be exported to and built again."""
    folder = tmp_path_factory.mktemp("loop")
    shutil.copytree(world.data, folder / "data")
    shutil.copytree(world.generations, folder / "generations")
    return SmallWorld(folder / "data", folder / "generations")


def export(world: SmallWorld, home: Path) -> str:
    command = [sys.executable, "-m", "feedrank.main", "export", "--home", str(home)]
    done = subprocess.run(
        [*command, "--data", str(world.data), "--generations", str(world.generations)],
        capture_output=True,
        text=True,
        timeout=EXPORT_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def live(caller: Caller, viewer: int) -> int:
    """Actions on a page, an author followed, another blocked; returns the one blocked."""
    page = caller.feed(viewer, 50)
    actions = [
        feed_pb2.Action(
            action_id=f"{viewer}-{kind}-{item.item_id}",
            viewer_id=viewer,
            kind=kind,
            item_id=item.item_id,
            value=800.0 if kind == events_pb2.IMPRESSION else 0.0,
        )
        for kind, count in COUNTS.items()
        for item in page.items[:count]
    ]
    caller.log(actions)
    caller.log(actions)
    caller.act(viewer, events_pb2.FOLLOW, author_id=AUTHOR)
    blocked = page.items[40].author_id
    caller.act(viewer, events_pb2.BLOCK, author_id=blocked)
    return blocked


async def test_what_happened_live_is_in_the_next_generation_once(own_world, tmp_path):
    home = tmp_path / "home"
    generations, state = own_world.generations, f"rocksdb://{home}/state"
    server = EmbeddedProcess(generations, home)
    viewers = (NEWCOMER, OLD_HAND)
    with server, open_caller(server.address) as caller:
        blocked = {viewer: live(caller, viewer) for viewer in viewers}
        caller.publish(item_id=NEW_ITEM, author_id=AUTHOR, title="Not in any data before")
        server.kill()
    with server:  # whatever was not applied when it was killed is applied before it serves
        pass
    before = {viewer: await viewer_facts(generations, state, viewer) for viewer in viewers}
    assert before[NEWCOMER]["totals"][:3] == list(COUNTS.values())

    assert "nothing new" not in export(own_world, home)
    assert "nothing new" in export(own_world, home)
    old = current(generations)
    assert own_world.build().name == current(generations).name != old.name

    async def facts_now():
        return {viewer: await viewer_facts(generations, state, viewer) for viewer in viewers}

    assert await facts_now() == before, "the base alone says what base and overlay said"
    with server, open_caller(server.address) as caller:
        pages = {viewer: list(caller.scroll(viewer, 50, 3)) for viewer in viewers}
    assert await facts_now() == before, "and nothing of it is applied again"
    for viewer, scrolled in pages.items():
        shown = {item.author_id for page in scrolled for item in page.items}
        assert blocked[viewer] not in shown
        assert scrolled[0].receipt.generation == current(generations).name
    found = {source.name: source.found_count for source in pages[NEWCOMER][0].receipt.sources}
    assert found["in_network"] == 1, "the one author followed has one item, published live"
