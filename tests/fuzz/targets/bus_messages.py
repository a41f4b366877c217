"""Messages of every topic, to all that decode them; what is read takes effect as it would live.

The consumer sets a message aside whatever its decoder raises. So what counts here is that decoders
end, that what they let through can be applied, and that what is read can be written again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from google.protobuf.message import DecodeError

from ann_shards.counter_states import CounterState
from ann_shards.delta_items import DeletedItem, DeltaItems
from ann_shards.event_decoding import decode_action as decode_counted
from ann_shards.event_decoding import decode_counters, decode_item_change, encode_counters
from ann_shards.live_counters import LiveCounters
from candidate_gen.viewer_state import merge, record
from candidate_gen.viewer_state.apply import apply
from candidate_gen.viewer_state.decoding import ActionDecoder
from feed_assembly.content.content_overlay import ContentOverlay
from feed_assembly.item_codec import pack_item
from feed_assembly.item_reader import _decode as decode_content
from feed_assembly.ranked_list_reader import _decode as decode_list
from feedrank.exporting.decoding import ACTION_SCHEMA, ITEM_SCHEMA, action_row, item_row
from protos import events_pb2
from serving.bus.bus import Message
from serving.bus.not_ahead import NotAhead
from serving.contracts import ranked_list_codec
from serving.contracts.rank import RankedList
from serving.contracts.receipt import Receipt
from serving.errors import InvalidRequestError
from social_graph.decoding import decode_action as decode_edge
from tests.ann_shards.events import a_deleted_item, a_published_item, an_action, counters_of
from tests.fuzz.target import Target, Try
from tests.generation.tiny_generation import NOON_MS, vocabulary

UNREADABLE = (ValueError, DecodeError, InvalidRequestError)
NOT_AHEAD = NotAhead(0)


def _message(data: bytes) -> Message:
    return Message(0, 5, 1, data, NOON_MS)


class Readers:
    """What messages are applied to."""

    def __init__(self) -> None:
        self._decode_action = ActionDecoder(vocabulary().categories, authors_are_viewers=True)
        self._live, self._delta = LiveCounters(), DeltaItems(64)
        self._overlay = ContentOverlay()
        self.all: list[Callable[[bytes], None]] = [
            self.viewer_action, self.edge, self.counted_action, self.counters, self.item,
            self.content, self.ranked_list, self.exported_action, self.exported_item,
        ]  # fmt: skip

    def viewer_action(self, data: bytes) -> None:
        action = self._decode_action(data)
        NOT_AHEAD(_message(data), action)
        changed = apply(apply(record.empty_record(), action), action)
        assert record.pack(record.unpack(record.pack(changed))) == record.pack(changed)
        assert np.isfinite(merge.totals(None, changed)).all()

    def edge(self, data: bytes) -> None:
        action = decode_edge(data)
        NOT_AHEAD(_message(data), action)

    def counted_action(self, data: bytes) -> None:
        action = decode_counted(data, authors_are_viewers=True)
        NOT_AHEAD(_message(data), action)
        if action is not None:
            state = CounterState.empty(NOON_MS).add(action.action, action.occurred_ms)
            again = CounterState.unpack(state.pack())
            assert again.as_of_ms == state.as_of_ms
            assert np.isfinite(again.counters).all()

    def counters(self, data: bytes) -> None:
        values = decode_counters(data)
        NOT_AHEAD(_message(data), values)
        self._live.put(
            np.array([values.item_id]), values.counters[None], np.array([values.as_of_ms])
        )
        assert np.isfinite(self._live.of(np.array([values.item_id]), NOON_MS)).all()
        factor = self._live.positives_factor(NOON_MS)
        assert np.isfinite(self._live.positives * factor).all()
        again = encode_counters(values.item_id, values.generation, values.as_of_ms, values.counters)
        assert decode_counters(again).counters.tobytes() == values.counters.tobytes()

    def item(self, data: bytes) -> None:
        change = decode_item_change(data, NOON_MS)
        if isinstance(change, DeletedItem):
            self._delta.remove(change.item_id)
        else:
            self._delta.put(
                change.item_id,
                {
                    "author_id": change.author_id,
                    "created_ms": change.created_ms,
                    "group_id": change.group_id,
                    "visibility": change.visibility,
                    "duration_s": change.duration_ms / 1_000,
                },
            )

    def content(self, data: bytes) -> None:
        change = decode_content(data)
        self._overlay.apply(change)
        event = events_pb2.ItemEvent.FromString(pack_item(change))
        event.schema_version = 1
        assert decode_content(event.SerializeToString()) == change

    def ranked_list(self, data: bytes) -> None:
        ranked = decode_list(data)
        again = ranked_list_codec.to_proto(ranked).SerializeToString()
        twice = ranked_list_codec.to_proto(decode_list(again)).SerializeToString()
        assert len(twice) == len(again)

    def exported_action(self, data: bytes) -> None:
        row = action_row(_message(data))
        assert set(row) <= set(ACTION_SCHEMA.names)

    def exported_item(self, data: bytes) -> None:
        row = item_row(_message(data))
        assert set(row) <= set(ITEM_SCHEMA.names)


def seeds() -> Iterator[bytes]:
    action = an_action("a", 100, "LIKE", value=3.5, item_categories=["cats"], surface="home")
    block = events_pb2.ActionEvent(
        schema_version=1, action_id="b", viewer_id=1, kind=events_pb2.BLOCK, author_id=12,
        occurred_ms=NOON_MS,
    ).SerializeToString()  # fmt: skip
    endless = an_action("c", 100, "IMPRESSION", value=1e300)
    item = a_published_item(900, categories=["cats"], author_id=10, title="t", duration_ms=5)
    ranked = RankedList(
        "r", 1, "tiny", 2, NOON_MS, np.arange(3), np.arange(3), np.ones(3, np.float32),
        np.ones(3, np.uint32), 2, Receipt(generation="tiny"), np.ones((2, 4), np.float32),
    )  # fmt: skip
    samples = {
        "viewer_action": [action, block, endless],
        "edge": [action, block],
        "counted_action": [action],
        "counters": [counters_of(100, "tiny", likes_week=2)],
        "item": [item, a_deleted_item(900)],
        "content": [item, a_deleted_item(900)],
        "ranked_list": [ranked_list_codec.to_proto(ranked, "s").SerializeToString()],
        "exported_action": [action, block],
        "exported_item": [item, a_deleted_item(900)],
    }
    for number, reader in enumerate(Readers().all):
        for sample in samples[reader.__name__]:
            yield bytes([number]) + sample


@contextmanager
def opened() -> Iterator[Try]:
    readers = Readers()

    def attempt(data: bytes) -> None:
        if data:
            try:
                readers.all[data[0] % len(readers.all)](data[1:])
            except UNREADABLE:
                return

    yield attempt


TARGET = Target("bus_messages", seeds, opened)
