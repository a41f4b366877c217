"""Searches whose values are hostile and whose form is right: what compiled loops are given.

Run by `make fuzz` with the bounds of every index checked. Items and counters that anybody might
write to the bus come in between.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ann_shards.event_decoding import decode_counters, decode_item_change
from ann_shards.live_counters import WIDTH
from generation.item_columns import EMBEDDING_DIM
from protos import events_pb2
from serving.contracts import shard_codec
from serving.contracts.shard import Eligibility, PartKind, SearchPart, SearchRequest, ShardAnswer
from serving.deadline import Deadline
from serving.errors import InvalidRequestError
from tests.fuzz.call_context import PATIENCE_MS
from tests.fuzz.choices import Choices
from tests.fuzz.open_services import OpenServices, open_services
from tests.fuzz.target import Target, Try
from tests.generation.tiny_generation import CATEGORIES, NOON_MS

MOST_NEW_ITEMS = 500
"""Published to one process; then it forgets them, so that one attempt is like another."""


def seeds() -> Iterator[bytes]:
    yield bytes(64)
    for step in (1, 7, 31, 101):
        yield bytes(at * step % 256 for at in range(400))


@contextmanager
def opened() -> Iterator[Try]:
    with open_services() as services:

        def attempt(data: bytes) -> None:
            choices = Choices(data)
            if choices.flag():
                _change(services, choices)
            request = _search(services.generation, choices)
            services.loop.run_until_complete(_ask(services, request, choices))

        yield attempt


def _search(generation: str, choices: Choices) -> SearchRequest:
    eligibility = Eligibility(
        viewer_id=choices.integer(),
        now_ms=choices.one_of((NOON_MS, choices.integer())),
        oldest_ms=choices.integer(),
        region=choices.integer(),
        language=choices.integer(),
        allow_sensitive=choices.flag(),
        followed_ids=choices.integers(8),
        friend_ids=choices.integers(8),
        group_ids=choices.integers(8),
        excluded_item_ids=choices.integers(8),
        excluded_author_ids=choices.integers(8),
    )
    parts = [_part(choices) for _ in range(choices.byte() % 5)]
    return SearchRequest(generation, eligibility, parts, choices.one_of((1.0, choices.float())))


def _part(choices: Choices) -> SearchPart:
    kind = choices.one_of(list(PartKind))
    limit = choices.one_of((10, 1, 1_000, choices.integer()))
    if kind == PartKind.VECTORS:
        vectors = np.zeros((choices.byte() % 4, EMBEDDING_DIM), np.float32)
        choices.fill(vectors)
        return SearchPart(kind, limit, vectors)
    ids = choices.integers(20)
    count = choices.one_of((len(ids), choices.byte()))
    return SearchPart(kind, limit, ids=ids, weights=choices.floats(count))


def _change(services: OpenServices, choices: Choices) -> None:
    """What somebody with access to the bus could publish."""
    shard = services.shards._shards[choices.byte() % 2]
    if len(shard.items.delta) > MOST_NEW_ITEMS:
        for item_id in list(shard.items.delta._slot_of):
            shard.items.delta.remove(item_id)
    event = events_pb2.ItemEvent(
        schema_version=1,
        change=choices.one_of((1, 1, 1, 2)),
        item_id=choices.integer(),
        author_id=choices.integer(),
        created_ms=choices.one_of((NOON_MS, choices.integer())),
        categories=[choices.one_of((*CATEGORIES, "?")) for _ in range(choices.byte() % 6)],
        visibility=choices.one_of(("", "public", "followers", "group")),
        group_id=choices.integer(),
        duration_ms=choices.byte(),
    )
    counted = events_pb2.ItemCounters(
        schema_version=1,
        item_id=choices.integer(),
        generation=services.generation,
        as_of_ms=choices.one_of((NOON_MS, choices.integer())),
        counters=choices.floats(WIDTH).tobytes(),
    )
    try:
        shard.apply([decode_item_change(event.SerializeToString(), NOON_MS)])
        counters = decode_counters(counted.SerializeToString())
    except ValueError:
        return
    shard.items.live.put(
        np.array([counters.item_id], np.int64),
        counters.counters[None],
        np.array([counters.as_of_ms], np.int64),
    )


async def _ask(services: OpenServices, request: SearchRequest, choices: Choices) -> None:
    try:
        message = shard_codec.request_to_proto(request)
    except (ValueError, OverflowError):  # no message can say this
        return
    try:
        request = shard_codec.request_from_proto(message, EMBEDDING_DIM)
        answers = await services.shards.search(request, Deadline.after_ms(PATIENCE_MS))
    except InvalidRequestError:
        return
    for answer in answers:
        _check(answer, request)
    sent = shard_codec.answers_to_proto(services.generation, answers)
    received = shard_codec.answers_from_proto(sent)
    assert shard_codec.answers_to_proto(services.generation, received) == sent
    await asyncio.sleep(0)
    item_ids = choices.integers(20)
    try:
        await services.shards.lookup(
            services.generation, item_ids, choices.integer(), Deadline.after_ms(PATIENCE_MS)
        )
    except InvalidRequestError:
        return


def _check(answer: ShardAnswer, request: SearchRequest) -> None:
    item_ids = answer.columns["item_id"]
    assert len(set(item_ids.tolist())) == len(item_ids)
    excluded = set(request.eligibility.excluded_item_ids.tolist())
    assert not excluded & set(item_ids.tolist())
    assert np.isfinite(answer.columns["facts"]).all()
    assert np.isfinite(answer.columns["vector"]).all()
    for part, hits in zip(request.parts, answer.parts, strict=True):
        assert len(hits.rows) == len(hits.scores) <= part.limit
        assert len(set(hits.rows.tolist())) == len(hits.rows)
        assert not np.isnan(hits.scores).any()


TARGET = Target("searches", seeds, opened)
