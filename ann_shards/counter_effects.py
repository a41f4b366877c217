"""What a batch of actions does to the counters of items, worked out before anything is written."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ann_shards.counter_states import CounterState
from ann_shards.counter_store import CounterStore, next_record
from ann_shards.event_decoding import CountedAction
from serving.state.offset_journal import action_key, find_repeats
from serving.state.state_store import StateStore, Update, Versioned

Event = CountedAction | None
"""`None`: an action that counts nothing, which still moves the checkpoint."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What to write for one batch.

    Attributes:
        counted: The actions that were new.
        repeated_count: How many were known already.
        updates: Memories of the actions and new counters of their items.
    """

    counted: Sequence[CountedAction]
    repeated_count: int
    updates: Sequence[Update]


class CounterEffects:
    """Works out effects from what the store holds."""

    def __init__(
        self, store: StateStore, counters: CounterStore, consumer: str, generation: str
    ) -> None:
        self._store = store
        self._counters = counters
        self._consumer = consumer
        self._generation = generation

    async def of(self, partition: int, new: Sequence[tuple[int, Event]]) -> Effects:
        """Effects of one partition's events, given with their offsets, in offset order.

        Raises:
            StateUnavailableError: the store did not answer.
        """
        events = [(offset, event) for offset, event in new if event is not None]
        actions = [(self._action_key(partition, event), offset) for offset, event in events]
        items = sorted({event.item_id for _, event in events})
        item_keys = [self._counters.item_key(item) for item in items]
        stored = await self._store.read([*(key for key, _ in actions), *item_keys])
        repeats, memories = find_repeats(actions, stored[: len(actions)])
        counted = [event for (_, event), again in zip(events, repeats, strict=True) if not again]
        records = dict(zip(items, stored[len(actions) :], strict=True))
        return Effects(counted, sum(repeats), [*memories, *self._changes(counted, records)])

    def _action_key(self, partition: int, event: CountedAction) -> bytes:
        return action_key(self._consumer, self._generation, partition, event.unique_id)

    def _changes(
        self, counted: Sequence[CountedAction], records: Mapping[int, Versioned | None]
    ) -> list[Update]:
        by_item: dict[int, list[CountedAction]] = defaultdict(list)
        for event in counted:
            by_item[event.item_id].append(event)
        updates = []
        for item, events in by_item.items():
            record = records[item]
            state = (
                CounterState.empty(events[0].occurred_ms)
                if record is None
                else CounterState.unpack(record.value)
            )
            for event in events:
                state = state.add(event.action, event.occurred_ms)
            updates.append(next_record(self._counters.item_key(item), record, state.pack()))
        return updates
