"""The same generation and state on another bus: nothing is skipped, lost or applied twice."""

import shutil
from pathlib import Path

import pytest

from generation.publish import current
from protos import events_pb2
from tests.integration.caller import open_caller
from tests.integration.embedded_process import EmbeddedProcess
from tests.integration.small_world import SmallWorld
from tests.integration.test_export_loop import export
from tests.integration.viewer_facts import viewer_facts

pytestmark = pytest.mark.slow

VIEWER = 1_800_000
OLD_ITEM, NEW_ITEM = 1_800_001, 1_800_002


@pytest.fixture
def own_world(world: SmallWorld, tmp_path: Path) -> SmallWorld:
    """A copy that may be exported to and built again."""
    shutil.copytree(world.data, tmp_path / "data")
    shutil.copytree(world.generations, tmp_path / "generations")
    return SmallWorld(tmp_path / "data", tmp_path / "generations")


def click(server: EmbeddedProcess, items: list[int]) -> None:
    """Serve, and have the viewer click on items; all is applied when the server is next up."""
    with server, open_caller(server.address) as caller:
        for item in items:
            caller.act(VIEWER, events_pb2.CLICK, item_id=item)


async def clicks(world: SmallWorld, home: Path) -> float:
    facts = await viewer_facts(world.generations, f"rocksdb://{home}/state", VIEWER)
    return facts["totals"][1]


async def test_another_bus_under_the_same_state_is_read_from_its_beginning(own_world, tmp_path):
    home, items = tmp_path / "home", [row["item_id"] for row in own_world.rows("items")]
    server = EmbeddedProcess(own_world.generations, home)
    click(server, items[:6])
    (home / "bus").rename(tmp_path / "left")
    click(server, items[6:8])
    with server:
        pass
    assert await clicks(own_world, home) == 8, "six of the first bus, two of the second"

    (home / "bus").rename(tmp_path / "second")
    (tmp_path / "left").rename(home / "bus")
    click(server, items[8:9])
    with server:
        pass
    assert await clicks(own_world, home) == 9, "back on the first bus, where it was left"

    assert "read 7 messages of actions" in export(own_world, home)
    shutil.rmtree(home / "bus")
    (tmp_path / "second").rename(home / "bus")
    assert "read 2 messages of actions" in export(own_world, home)
    before = current(own_world.generations)
    assert own_world.build().name != before.name
    assert await clicks(own_world, home) == 9, "the next generation knows both buses"
    with server:
        pass
    assert await clicks(own_world, home) == 9, "and nothing of them is applied again"
