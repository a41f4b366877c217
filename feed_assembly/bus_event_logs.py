"""The logs of actions and items as topics of the bus."""

from feed_assembly.action import LoggedAction
from feed_assembly.action_codec import pack_action
from feed_assembly.item_change import ItemChange
from feed_assembly.item_codec import pack_item
from serving.bus import topics
from serving.bus.bus import Bus


class BusActionLog:
    """An `EventLog` of actions: topic `actions`, keyed by viewer."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def append(self, event: LoggedAction, timeout_s: float) -> None:
        await self._bus.publish(
            topics.ACTIONS, pack_action(event), key=event.viewer_id, timeout_s=timeout_s
        )


class BusItemLog:
    """An `EventLog` of items: topic `items`, whose partition of an item is its shard."""

    def __init__(self, bus: Bus, shard_count: int) -> None:
        self._bus = bus
        self._topic = topics.items(shard_count)

    async def append(self, event: ItemChange, timeout_s: float) -> None:
        await self._bus.publish(
            self._topic, pack_item(event), key=event.item_id, timeout_s=timeout_s
        )
