from feed_assembly.action import checked_action
from feed_assembly.bus_event_logs import BusActionLog, BusItemLog
from feed_assembly.item_codec import item_change
from protos import events_pb2
from serving.bus import topics
from serving.bus.log_bus import LogBus
from tests.feed_assembly.actions.builders import NOON_MS, an_action, an_item

PATIENT_S = 5.0
SHARDS = 3


async def kept_at(bus, topic, partition):
    subscription = await bus.subscribe(topic, {partition: 0}, reader="test")
    messages = await subscription.poll(10, PATIENT_S)
    await subscription.close()
    return messages


async def test_an_action_is_in_its_viewers_partition(tmp_path):
    bus = LogBus(tmp_path / "bus")
    await bus.start()
    action = checked_action(an_action("block", 12, viewer_id=1), "actions[0]", NOON_MS)
    await BusActionLog(bus).append(action, PATIENT_S)
    [message] = await kept_at(bus, topics.ACTIONS, topics.partition_of(1, 64))
    event = events_pb2.ActionEvent.FromString(message.value)
    assert (event.viewer_id, event.author_id) == (1, 12)
    await bus.close()


async def test_an_item_is_in_the_partition_of_its_shard(tmp_path):
    bus = LogBus(tmp_path / "bus")
    await bus.start()
    await BusItemLog(bus, SHARDS).append(an_item(100), PATIENT_S)
    shard = topics.partition_of(100, SHARDS)
    [message] = await kept_at(bus, topics.items(SHARDS), shard)
    assert item_change(events_pb2.ItemEvent.FromString(message.value)) == an_item(100)
    await bus.close()
