"""Accepted means kept: what was acknowledged is there after the process has gone."""

from contextlib import asynccontextmanager

from feed_assembly.actions import ActionLogger
from feed_assembly.bus_event_logs import BusActionLog
from feed_assembly.session.session_store import SessionStore
from protos import events_pb2
from serving.bus.log_bus import LogBus
from serving.bus.topics import ACTIONS, partition_of
from serving.deadline import Deadline
from serving.metrics_recorder import Metrics
from serving.state.open_state_store import open_state_store
from tests.feed_assembly.actions.builders import PATIENT_MS, FakeFacts, an_action
from tests.serving.fixed_clock import FixedClock


@asynccontextmanager
async def opened(home):
    bus = LogBus(home / "bus")
    await bus.start()
    state = open_state_store(f"rocksdb://{home / 'state'}")
    sessions = SessionStore(state, FixedClock())
    yield bus, sessions
    await sessions.close()
    await state.close()
    await bus.close()


async def test_revocations_and_actions_are_there_after_a_restart(tmp_path):
    actions = [an_action("block", 12), an_action("hide", 100), an_action("like", -1)]
    async with opened(tmp_path) as (bus, sessions):
        logger = ActionLogger(
            sessions,
            BusActionLog(bus),
            FakeFacts(),
            FixedClock(),
            Metrics(),
            authors_are_viewers=True,
        )
        result = await logger.log_actions(actions, Deadline.after_ms(PATIENT_MS))
        assert result.accepted_count == 2
    async with opened(tmp_path) as (bus, sessions):
        record = (await sessions.find(1)).record
        assert record.excluded_author_ids.tolist() == [12]
        assert record.hidden_items.ids.tolist() == [100]
        assert (await sessions.find(12)).record.excluded_author_ids.tolist() == [1]
        subscription = await bus.subscribe(ACTIONS, {partition_of(1, 64): 0}, reader="test")
        messages = await subscription.poll(10, PATIENT_MS / 1_000)
        await subscription.close()
    events = [events_pb2.ActionEvent.FromString(message.value) for message in messages]
    assert [event.kind for event in events] == [events_pb2.BLOCK, events_pb2.HIDE]
