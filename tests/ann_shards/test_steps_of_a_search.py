"""A search whose second step is taken by a thread finds the same, and what changed meanwhile."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ann_shards import shards as shards_module
from ann_shards.delta_items import DeletedItem
from ann_shards.question import Question
from ann_shards.service import open_shards
from ann_shards.shards import Shards
from generation.manifest import Manifest
from serving.contracts.shard import PartKind, SearchPart, SearchRequest, ShardAnswer
from serving.deadline import Deadline
from serving.errors import InvalidRequestError
from serving.metrics_recorder import Metrics
from serving.native_executor import NativeExecutor
from tests.ann_shards.requests import a_vector_part, an_id_part, everything_eligible
from tests.generation.tiny_generation import SHARDS
from tests.serving.fixed_clock import FixedClock
from tests.turns import counting_turns

PARTS = [
    a_vector_part(0, 1, limit=40),
    an_id_part(PartKind.AUTHORS, [11, 10], weights=[0, 9]),
    a_vector_part(2, limit=5),
    SearchPart(PartKind.FRESH, 40),
]


def request_of(generation: str) -> SearchRequest:
    return SearchRequest(generation, everything_eligible(), PARTS)


def found(answers: list[ShardAnswer]) -> list[list[tuple[int, float]]]:
    return [
        list(zip(answer.columns["item_id"][part.rows].tolist(), part.scores.tolist(), strict=True))
        for answer in answers
        for part in answer.parts
    ]


async def test_a_thread_finds_what_the_loop_finds(shards: Shards, tiny: Path, bus, monkeypatch):
    on_loop = await shards.search(request_of(tiny.name), Deadline.after_ms(3_600_000))
    monkeypatch.setattr(shards_module, "MAX_COMPARED_ON_LOOP", 0)
    metrics, manifest = Metrics(), Manifest.read(tiny)
    executor = NativeExecutor(metrics, workers=1)
    others = open_shards(tiny, manifest, range(SHARDS), bus, FixedClock(), metrics, executor)
    in_thread = await others.search(request_of(tiny.name), Deadline.after_ms(3_600_000))
    await executor.close()
    assert found(in_thread) == found(on_loop)


@pytest.mark.parametrize("number", range(SHARDS))
async def test_an_item_deleted_during_the_second_step_is_not_found(shards, tiny, number):
    shard = shards._shards[number]
    question = Question(request_of(tiny.name))
    judged = shard.judged(question)
    nearest = shard.nearest(question, judged)
    item_id = int(shard.items.base.columns["item_id"][nearest.rows[0]])
    shard.apply([DeletedItem(item_id)])
    answer = shard.answer(question, judged, nearest)
    assert len(answer.columns["item_id"]) > 0
    assert item_id not in answer.columns["item_id"]


async def test_others_have_the_loop_between_two_shards(shards: Shards, tiny: Path):
    async with counting_turns() as turns:
        await shards.search(request_of(tiny.name), Deadline.after_ms(3_600_000))
    assert turns.count >= SHARDS - 1


def test_vectors_of_a_part_of_another_kind_are_not_searched(tiny: Path):
    odd = replace(an_id_part(PartKind.AUTHORS, [11], weights=[0]), vectors=np.ones((1, 4), "f4"))
    request = SearchRequest(tiny.name, everything_eligible(), [odd, *PARTS])
    assert len(Question(request).asked) == 2


def test_a_part_of_vectors_needs_some(tiny: Path):
    request = SearchRequest(tiny.name, everything_eligible(), [SearchPart(PartKind.VECTORS, 3)])
    with pytest.raises(InvalidRequestError, match=r"part\.vectors"):
        Question(request)
