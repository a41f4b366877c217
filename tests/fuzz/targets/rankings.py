"""Candidates whose values are hostile and whose form is right, to the ranker's compiled loops."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ranker.diversity import NEW_VIEWER, DiversitySettings, select_diverse
from ranker.model_use import ModelUses
from ranker.ranking import rank_candidates
from ranker.request_checks import check_request
from serving.contracts import rank_codec
from serving.contracts.rank import LIST_SIZE, RESERVE_SIZE, RankRequest
from serving.deadline import Deadline
from serving.errors import InvalidRequestError
from serving.fallback_log import FallbackLog
from serving.metrics_recorder import Metrics
from serving.stage_clock import StageClock
from serving.switches.switches import EVERYTHING_ON
from tests.fuzz.choices import Choices
from tests.fuzz.target import Target, Try
from tests.ranker.rankers import models
from tests.ranker.requests import NOON_MS, a_context, a_request, a_viewer, candidates, listable

PLACES = LIST_SIZE + RESERVE_SIZE


def seeds() -> Iterator[bytes]:
    yield bytes(64)
    for step in (1, 7, 31, 101):
        yield bytes(at * step % 256 for at in range(400))


@contextmanager
def opened() -> Iterator[Try]:
    with tempfile.TemporaryDirectory() as name:
        loaded, metrics = models(Path(name)), Metrics()
        uses = ModelUses(metrics, FallbackLog(metrics))

        def attempt(data: bytes) -> None:
            choices = Choices(data)
            _choose(choices)
            try:
                request = rank_codec.request_from_proto(rank_codec.request_to_proto(_made(choices)))
                check_request(request)
            except InvalidRequestError:
                return
            clock = StageClock(request.receipt, metrics, uses.costs)
            use = uses.of_request(request, EVERYTHING_ON.now, Deadline.after_ms(10_000))
            ranking = rank_candidates(request, loaded, DiversitySettings(), clock, use)
            count = len(request.candidates["item_id"])
            _check(ranking.rows, count, min(count, PLACES))
            assert np.isfinite(ranking.scores).all()

        yield attempt


def _made(choices: Choices) -> RankRequest:
    count = choices.one_of((0, 1, 2, 9, 71, 250))
    columns = candidates(list(range(count)))
    for _ in range(choices.byte() % 8):
        choices.fill(choices.one_of(list(columns.values())))
    viewer, context = a_viewer(impressions=choices.byte() % 2), a_context()
    for inputs in (viewer, context):
        for _ in range(choices.byte() % 4):
            choices.fill(choices.one_of(inputs))
    return a_request(
        columns, viewer=viewer, context=context, now_ms=choices.one_of((NOON_MS, choices.integer()))
    )


def _choose(choices: Choices) -> None:
    """The diverse choice alone, with scores that a model might give."""
    count = choices.byte() % 90
    values, vectors = np.ones(count, np.float32), np.zeros((count, 4), np.float32)
    choices.fill(values)
    choices.fill(vectors)
    values, vectors = np.nan_to_num(values), np.clip(np.nan_to_num(vectors), -65_504, 65_504)
    authors, categories = np.zeros(count, np.int64), np.zeros(count, np.int32)
    choices.fill(authors)
    choices.fill(categories)
    bits = np.zeros(count, np.uint32)
    choices.fill(bits)
    columns = listable(np.arange(count), authors, categories, bits & 8 > 0, vectors, bits)
    by = choices.one_of((DiversitySettings(), NEW_VIEWER))
    rows = select_diverse(values, np.arange(count), columns, PLACES, by)
    _check(rows, count, min(count, PLACES))


def _check(rows: "np.ndarray[tuple[int], np.dtype[np.intp]]", count: int, wanted: int) -> None:
    assert len(rows) == wanted
    assert len(set(rows.tolist())) == wanted
    assert ((rows >= 0) & (rows < count)).all()


TARGET = Target("rankings", seeds, opened)
