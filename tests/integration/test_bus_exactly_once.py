"""Whatever is killed, delivered again or sent twice, all stores say what one quiet pass says."""

import functools
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ann_shards.counter_store import CounterStore
from candidate_gen.viewer_state.keys import viewer_key
from generation.graph_records import Kind, key
from generation.manifest import Manifest
from protos import events_pb2 as pb
from serving.bus.open_bus import open_bus
from serving.bus.topics import ACTIONS
from serving.state.open_state_store import open_state_store
from serving.state.rocksdb_state_store import RocksDbStateStore
from social_graph.graph_records import GraphRecords
from social_graph.load import load_base
from tests.candidate_gen.viewer_state.actions import NOON_MS, an_event
from tests.generation.tiny_generation import write_tiny_generation
from tests.integration.apply_until_killed import DONE
from tests.serving.state.counting_consumer import until_answered
from tests.social_graph.overlays import PEOPLE

pytestmark = pytest.mark.slow

ITEMS = range(100, 110)
ACTION_COUNT = 150
KILLS = 4
PUBLISH_S = 20.0
ON_ITEMS = (pb.IMPRESSION, pb.CLICK, pb.LIKE, pb.UNLIKE, pb.SHARE, pb.HIDE)
ON_AUTHORS = (pb.FOLLOW, pb.UNFOLLOW, pb.BLOCK, pb.UNBLOCK, pb.MUTE)


@dataclass(frozen=True)
class Installation:
    """One bus, and the folders and addresses of one set of stores."""

    bus: str
    state: str
    home: Path
    generation: Path

    def apply(self, *, kill_after: int | None = None) -> bool:
        """Run the consumers to the end, or kill them after so many writes; whether they ended."""
        self.home.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tests.integration.apply_until_killed"]
        arguments = [self.bus, self.state, str(self.home), str(self.generation)]
        with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for number, line in enumerate(child.stdout, start=1):
                if line.strip() == DONE or number == kill_after:
                    child.kill()
                    return line.strip() == DONE
        raise AssertionError("the consumers ended by themselves")

    async def effects(self) -> dict[str, Any]:
        """Records of viewers and graph as their bytes, and counters.

        An item's counters add up what comes from many partitions, in any order, so their last bits
        differ.
        """
        manifest = Manifest.read(self.generation)
        store = open_state_store(self.state)
        found: dict[str, Any] = {}
        for name in [viewer_key(manifest.name, person) for person in PEOPLE]:
            [record] = await until_answered(functools.partial(store.read, [name]))
            found[str(name)] = b"" if record is None else record.value
        counters = CounterStore(store, manifest.name)
        states = await until_answered(functools.partial(counters.states, ITEMS))
        for item, state in states.items():
            found[f"counters of {item}"] = np.round(state.counters, 9).tolist()
        await store.close()
        return found | await self._graph(manifest)

    async def _graph(self, manifest: Manifest) -> dict[str, bytes]:
        overlay = RocksDbStateStore(self.home / "overlay")
        records = GraphRecords(load_base(self.generation, manifest, self.home), overlay)
        names = [key(kind, person) for kind in Kind for person in PEOPLE]
        values = await records.read(names)
        await overlay.close()
        return dict(zip(map(str, names), values, strict=True))


def some_actions(dice: random.Random) -> list[pb.ActionEvent]:
    """Actions of a few people on one another and on a few items; every fifth is sent again."""
    events: list[pb.ActionEvent] = []
    for number in range(ACTION_COUNT):
        if events and dice.random() < 0.2:
            events.append(dice.choice(events))
            continue
        about = {
            "action_id": f"action-{number}",
            "viewer_id": dice.choice(PEOPLE),
            "occurred_ms": NOON_MS + dice.randrange(3_600_000),
        }
        if dice.random() < 0.6:
            item = dice.choice(ITEMS)
            events.append(an_event(dice.choice(ON_ITEMS), item, item_author_id=12, **about))
        else:
            author = dice.choice(PEOPLE)
            kind = dice.choice(ON_AUTHORS)
            events.append(an_event(kind, None, author_id=author, **about))
    return events


async def publish(address: str, events: list[pb.ActionEvent]) -> None:
    bus = open_bus(address)
    await bus.start()
    for event in events:
        value = event.SerializeToString()
        await bus.publish(ACTIONS, value, key=event.viewer_id, timeout_s=PUBLISH_S)
    await bus.close()


@pytest.fixture(params=["embedded", pytest.param("distributed", marks=pytest.mark.kafka)])
def installations(request, tmp_path) -> tuple[Installation, Installation]:
    """Two sets of stores over one bus: one to be tormented, one for a single quiet pass."""
    generation = write_tiny_generation(tmp_path / "generations")
    if request.param == "embedded":
        bus = f"log://{tmp_path / 'bus'}"
        states = [f"rocksdb://{tmp_path / name}" for name in ("tormented", "quiet")]
    else:
        bus = request.getfixturevalue("own_kafka").address
        redis = request.getfixturevalue("own_redis").address.rpartition("/")[0]
        states = [f"{redis}/{database}" for database in (1, 2)]
    tormented, quiet = (
        Installation(bus, state, tmp_path / f"home-{number}", generation)
        for number, state in enumerate(states)
    )
    return tormented, quiet


@pytest.mark.parametrize("seed", [1, 2])
async def test_kills_redelivery_and_repeats_change_nothing(installations, seed):
    tormented, quiet = installations
    dice = random.Random(seed)
    events = some_actions(dice)
    await publish(tormented.bus, events)
    for _ in range(KILLS):
        tormented.apply(kill_after=dice.randint(2, 40))
    assert tormented.apply()
    assert quiet.apply()
    expected = await quiet.effects()
    assert sum(map(bool, expected.values())) > len(ITEMS)
    assert await tormented.effects() == expected
    await publish(tormented.bus, events)
    tormented.apply(kill_after=dice.randint(2, 10))
    assert tormented.apply()
    assert await tormented.effects() == expected, "all sent again under the same ids"
