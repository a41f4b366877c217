"""Merging of shards' answers: order, ties, repeats, and what is not believed."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidate_gen.pool import Pool, check_answer, pool_answers
from serving.contracts.shard import PartHits, ShardAnswer
from serving.errors import DependencyError
from tests.candidate_gen.builders import item_columns

Scored = dict[int, float]


def an_answer(shard: int, *parts: Scored) -> ShardAnswer:
    """Parts map item ids to scores."""
    item_ids = sorted({item for part in parts for item in part}, reverse=True)
    hits = []
    for part in parts:
        best_first = sorted(part, key=lambda item: (-part[item], item))
        hits.append(
            PartHits(
                np.array([item_ids.index(item) for item in best_first], np.int32),
                np.array([part[item] for item in best_first], np.float32),
            )
        )
    return ShardAnswer(shard, item_columns(item_ids), hits, 0)


def rows_of(pool: Pool, part: int) -> list[int]:
    ends = [0, *pool.hits.ends.tolist()]
    return pool.hits.rows[ends[part] : ends[part + 1]].tolist()


def found(pool: Pool, part: int) -> list[tuple[int, float]]:
    ends = [0, *pool.hits.ends.tolist()]
    ids = pool.columns["item_id"][rows_of(pool, part)].tolist()
    scores = pool.hits.scores[ends[part] : ends[part + 1]].tolist()
    return list(zip(ids, scores, strict=True))


def test_merges_parts_over_shards_best_first() -> None:
    pool = pool_answers([an_answer(0, {2: 0.5, 4: -1.0}, {4: 7.0}), an_answer(1, {1: 0.75}, {})])
    assert found(pool, 0) == [(1, 0.75), (2, 0.5), (4, -1.0)]
    assert found(pool, 1) == [(4, 7.0)]


def test_ties_go_to_the_smaller_item_id_and_zero_has_no_sign() -> None:
    pool = pool_answers([an_answer(0, {8: 0.0, 2: -0.0}), an_answer(1, {5: 0.0, 3: -0.0})])
    assert [item for item, _ in found(pool, 0)] == [2, 3, 5, 8]


def test_an_item_of_two_shards_counts_once_per_source_with_its_better_score() -> None:
    pool = pool_answers([an_answer(0, {2: 0.5}, {2: 1.0}), an_answer(1, {2: 0.75}, {3: 1.0})])
    assert found(pool, 0) == [(2, 0.75)]
    assert found(pool, 1) == [(2, 1.0), (3, 1.0)]
    assert rows_of(pool, 0)[0] == rows_of(pool, 1)[0]


def test_empty_answers_are_empty_hits() -> None:
    pool = pool_answers([an_answer(0, {}, {}), an_answer(1, {}, {})])
    assert pool.hits.counts() == [0, 0]


scores = st.floats(-(2.0**100), 2.0**100, width=32)
part = st.dictionaries(st.integers(0, 40), scores, max_size=12)
shard_parts = st.lists(st.tuples(part, part), min_size=1, max_size=4)


@given(shard_parts, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(
    shards: list[tuple[Scored, Scored]], random: Random
) -> None:
    answers = [an_answer(shard, *parts) for shard, parts in enumerate(shards)]
    shuffled = answers.copy()
    random.shuffle(shuffled)
    one, other = pool_answers(answers), pool_answers(shuffled)
    for part in range(2):
        assert found(one, part) == found(other, part)
        assert rows_of(one, part) == rows_of(other, part)


@given(shard_parts)
def test_agrees_with_sorting_by_hand(shards: list[tuple[Scored, Scored]]) -> None:
    answers = [an_answer(shard, *parts) for shard, parts in enumerate(shards)]
    pool = pool_answers(answers)
    for number in range(2):
        best: Scored = {}
        for parts in shards:
            for item, score in parts[number].items():
                best[item] = max(score, best.get(item, score))
        expected = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
        assert found(pool, number) == expected
        assert pool.hits.counts()[number] == len(expected)


@given(shard_parts, st.randoms(use_true_random=False))
def test_hits_out_of_order_are_put_in_order(
    shards: list[tuple[Scored, Scored]], random: Random
) -> None:
    answers = [an_answer(shard, *parts) for shard, parts in enumerate(shards)]
    pool, other = pool_answers(answers), pool_answers([_shuffled(each, random) for each in answers])
    for part in range(2):
        assert found(pool, part) == found(other, part)


def _shuffled(answer: ShardAnswer, random: Random) -> ShardAnswer:
    parts = []
    for part in answer.parts:
        places = list(range(len(part.rows)))
        random.shuffle(places)
        order = np.array(places, np.intp)
        parts.append(PartHits(part.rows[order], part.scores[order]))
    return replace(answer, parts=parts)


GOOD = an_answer(3, {2: 0.5, 4: 0.25})


def test_a_sound_answer_is_believed() -> None:
    check_answer(GOOD, 1)
    check_answer(an_answer(3, {}), 1)


def _with_hits(rows: list[int], scores: list[float]) -> ShardAnswer:
    hits = PartHits(np.array(rows, np.int32), np.array(scores, np.float32))
    return replace(GOOD, parts=[hits])


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (replace(GOOD, parts=[]), "0 parts of 1"),
        (_with_hits([0, 2], [1, 1]), "rows it has no columns for"),
        (_with_hits([-1], [1]), "rows it has no columns for"),
        (_with_hits([0], [float("nan")]), "not finite"),
        (_with_hits([0, 1], [1]), "rows"),
        (
            replace(GOOD, columns={**GOOD.columns, "region": np.zeros(1, np.int32)}),
            r"columns of \[1, 2\] rows",
        ),
    ],
)
def test_an_unsound_answer_names_shard_and_cause(answer: ShardAnswer, problem: str) -> None:
    with pytest.raises(DependencyError, match=f"shard 3 .*{problem}"):
        check_answer(answer, 1)
