"""Every kind of index must pass these tests; plain numpy is the oracle."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from generation import layout
from generation.arrow_file import MappedTable
from generation.build_index import build_index, tie_aware_recall
from generation.exact_search import exact_top
from generation.faiss_index import FaissIndex
from generation.vector_index import NO_ROW, Asked

DIM = 8
COUNT = 3_000
FIRST_ROW = 50
"""Rows of a shard without a vector are not in its index, so rows and positions differ."""


def some_vectors(count: int, seed: int = 7) -> np.ndarray:
    """Vectors of very different lengths, as ALS gives them, in groups."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((20, DIM))[rng.integers(20, size=count)]
    directions = centres + 0.5 * rng.standard_normal((count, DIM))
    return (directions * rng.gamma(2.0, size=(count, 1))).astype(np.float16).astype(np.float32)


VECTORS = some_vectors(COUNT)
ROWS = (FIRST_ROW + 2 * np.arange(COUNT)).astype(np.int32)
QUERIES = some_vectors(64, seed=8)


def open_index(folder: Path, kind: str, vectors: np.ndarray = VECTORS) -> FaissIndex:
    build_index(vectors, ROWS[: len(vectors)], folder, queries=QUERIES, seed=7, force=kind)
    return FaissIndex.open(folder)


@pytest.fixture(scope="module", params=["exact", "ivf"])
def index(request, tmp_path_factory):
    return open_index(tmp_path_factory.mktemp(request.param), request.param)


def truth(queries: np.ndarray, count: int, allowed: np.ndarray | None = None):
    """Exact rows and scores, only rows of `allowed` positions."""
    vectors = VECTORS if allowed is None else VECTORS[allowed]
    rows = ROWS if allowed is None else ROWS[allowed]
    positions, scores = exact_top(vectors, queries, count)
    return rows[positions], scores


def bitmap(rows: np.ndarray) -> np.ndarray:
    flags = np.zeros(ROWS[-1] + 1, bool)
    flags[rows] = True
    return np.packbits(flags, bitorder="little")


def test_finds_what_exact_search_finds(index):
    rows, scores = index.search(QUERIES, 100)
    assert tie_aware_recall(rows, scores, *truth(QUERIES, 100)) >= 0.98


def test_tells_about_how_many_vectors_it_looks_at(index):
    lists, probes = index.parameters.lists, index.parameters.probes
    scanned = COUNT if lists == 1 else COUNT * probes // lists
    one, three = Asked(QUERIES[:1], 100), Asked(QUERIES[:3], 100)
    assert index.compared([one]) == lists + scanned
    assert index.compared([three, one]) == 4 * index.compared([one])
    assert index.compared([]) == 0


def test_says_that_few_eligible_rows_take_looking_at_more(index):
    asked = [Asked(QUERIES[:1], 100)]
    everything = index.parameters.lists + index.size
    assert index.compared(asked, bitmap(ROWS[:50]), 0.25) == everything
    if index.is_probed:
        most = bitmap(ROWS[: COUNT * 9 // 10])
        assert index.compared(asked) < index.compared(asked, most) < everything
        assert index.compared(asked, most, 0.25) < index.compared(asked, most)


def test_scores_are_the_dot_products_best_first(index):
    rows, scores = index.search(QUERIES, 10)
    positions = (rows - FIRST_ROW) // 2
    products = np.einsum("qkd,qd->qk", VECTORS[positions], QUERIES)
    np.testing.assert_allclose(scores, products, rtol=1e-3, atol=2e-2)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_answers_with_documented_types(index):
    rows, scores = index.search(QUERIES[:2], 3)
    assert (rows.dtype, scores.dtype) == (np.int64, np.float32)
    assert rows.shape == scores.shape == (2, 3)
    assert (index.dim, index.size) == (DIM, COUNT)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_selector_leaves_only_its_rows_and_the_answer_stays_full(index, share):
    allowed = np.flatnonzero(np.random.default_rng(1).random(COUNT) < share)
    count = min(20, len(allowed))
    rows, scores = index.search(QUERIES, count, bitmap(ROWS[allowed]))
    assert np.isin(rows, ROWS[allowed]).all()
    assert tie_aware_recall(rows, scores, *truth(QUERIES, count, allowed)) >= 0.97


def test_a_query_finds_alone_what_it_finds_in_company(index):
    few = bitmap(ROWS[::40])
    for eligible in (None, few):
        rows, scores = index.search(QUERIES, 40, eligible)
        for number in range(len(QUERIES)):
            alone, alone_scores = index.search(QUERIES[number : number + 1], 40, eligible)
            assert alone[0].tolist() == rows[number].tolist()
            np.testing.assert_allclose(alone_scores[0], scores[number], rtol=1e-6)


def test_unfilled_places_are_marked(index):
    rows, scores = index.search(QUERIES[:3], 5, bitmap(ROWS[[4, 9]]))
    assert [set(each) for each in rows.tolist()] == [{ROWS[4], ROWS[9], NO_ROW}] * 3
    assert np.isneginf(scores[:, 2:]).all()
    assert (rows[:, 2:] == NO_ROW).all()


def test_a_selector_without_rows_finds_nothing(index):
    rows, _ = index.search(QUERIES[:1], 5, bitmap(ROWS[:0]))
    assert (rows == NO_ROW).all()


def test_rows_past_the_end_of_a_selector_are_not_found(index):
    short = bitmap(ROWS)[: (FIRST_ROW + 100) // 8]
    rows, _ = index.search(QUERIES, 100, short)
    assert rows.max() < FIRST_ROW + 100


def test_more_than_it_holds_gives_all_of_it(index):
    rows, _ = index.search(QUERIES[:1], COUNT + 5)
    assert set(rows[0].tolist()) == {*ROWS.tolist(), NO_ROW}


def test_a_query_of_zeros_finds_some_rows_with_score_zero(index):
    rows, scores = index.search(np.zeros((1, DIM), np.float32), 5)
    assert (rows != NO_ROW).all()
    np.testing.assert_allclose(scores, 0, atol=2e-2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_query_that_is_not_finite_is_refused(index, bad):
    queries = QUERIES[:2].copy()
    queries[1, 3] = bad
    with pytest.raises(ValueError, match="query is not finite"):
        index.search(queries, 1)


def test_a_query_of_another_width_is_refused(index):
    with pytest.raises(ValueError, match=f"index has {DIM} dimensions, query has {DIM + 1}"):
        index.search(np.ones((1, DIM + 1), np.float32), 1)


@pytest.mark.parametrize("count", [0, -1])
def test_a_count_that_is_not_positive_is_refused(index, count):
    with pytest.raises(ValueError, match=f"count is {count}, need 1 or more"):
        index.search(QUERIES[:1], count)


def test_a_selector_of_another_type_is_refused(index):
    with pytest.raises(ValueError, match="eligible is bool"):
        index.search(QUERIES[:1], 1, np.ones(COUNT, bool))


@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_an_empty_index_finds_nothing(tmp_path, kind):
    index = open_index(tmp_path, kind, VECTORS[:0])
    rows, scores = index.search(QUERIES[:2], 3)
    assert index.size == 0
    assert (rows == NO_ROW).all()
    assert np.isneginf(scores).all()


@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_an_index_of_few_vectors_finds_them_all(tmp_path, kind):
    index = open_index(tmp_path, kind, VECTORS[:3])
    rows, _ = index.search(QUERIES, 3)
    assert all(set(each) == set(ROWS[:3].tolist()) for each in rows.tolist())


@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_the_same_vectors_and_seed_give_the_same_bytes(tmp_path, kind):
    names = (layout.SHARD_INDEX, layout.SHARD_INDEX_PARAMETERS, layout.SHARD_TRUTH)
    for name in ("first", "second"):
        open_index(tmp_path / name, kind)
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_the_kind_follows_from_the_size(tmp_path, monkeypatch):
    monkeypatch.setattr("generation.build_index.MAX_EXACT_ROWS", COUNT)
    small = build_index(VECTORS, ROWS, tmp_path, queries=QUERIES, seed=7)
    monkeypatch.setattr("generation.build_index.MAX_EXACT_ROWS", COUNT - 1)
    large = build_index(VECTORS, ROWS, tmp_path, queries=QUERIES, seed=7)
    assert (small.kind, large.kind) == ("exact", "ivf")
    assert large.recall_at_100 >= 0.98


def test_the_truth_beside_the_index_is_exact(tmp_path):
    open_index(tmp_path, "ivf")
    table = MappedTable(tmp_path / layout.SHARD_TRUTH)
    rows, scores = truth(QUERIES, 100)
    np.testing.assert_array_equal(table.array("query"), QUERIES)
    np.testing.assert_array_equal(table.array("rows"), rows)
    np.testing.assert_array_equal(table.array("scores"), scores)


def test_vectors_that_are_not_finite_are_refused(tmp_path):
    vectors = VECTORS[:5].copy()
    vectors[3, 0] = np.nan
    with pytest.raises(ValueError, match="vector of row 56 is not finite"):
        build_index(vectors, ROWS[:5], tmp_path, queries=QUERIES, seed=7)


@pytest.mark.parametrize("damage", [b"", b"IwSQ", b"nonsense" * 100])
def test_a_file_that_is_no_index_is_refused_by_name(tmp_path, damage):
    open_index(tmp_path, "exact")
    (tmp_path / layout.SHARD_INDEX).write_bytes(damage)
    with pytest.raises(ValueError, match=str(tmp_path)):
        FaissIndex.open(tmp_path)


def test_a_cut_file_is_refused_by_name(tmp_path):
    open_index(tmp_path, "ivf")
    path = tmp_path / layout.SHARD_INDEX
    path.write_bytes(path.read_bytes()[:-1_000])
    with pytest.raises(ValueError, match=str(tmp_path)):
        FaissIndex.open(tmp_path)


def test_checks_hold_under_python_minus_o(tmp_path):
    # Faiss's own are asserts: with -O a short query would be answered from foreign memory.
    open_index(tmp_path, "exact")
    program = f"""
from pathlib import Path
import numpy as np
from generation.faiss_index import FaissIndex
try:
    FaissIndex.open(Path({str(tmp_path)!r})).search(np.ones((1, 4), np.float32), 1)
except ValueError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-O", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "index has 8 dimensions, query has 4"


def test_an_index_with_the_parameters_of_another_is_refused(tmp_path):
    open_index(tmp_path, "ivf")
    path = tmp_path / layout.SHARD_INDEX_PARAMETERS
    parameters = json.loads(path.read_text())
    path.write_text(json.dumps({**parameters, "lists": parameters["lists"] + 1}))
    with pytest.raises(ValueError, match="lists"):
        FaissIndex.open(tmp_path)
