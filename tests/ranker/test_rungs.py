"""A model that cannot be used leaves the order to the next rung, and the receipt says so."""

import numpy as np
import pytest

from ranker.diversity import DiversitySettings
from ranker.models import Models
from ranker.ranking import rank_candidates
from ranker.scoring import model_scores, retrieval_scores
from serving.metrics_recorder import Metrics
from serving.stage_clock import StageClock
from tests.ranker.model_use import a_model_use
from tests.ranker.requests import a_request, candidates

PLAIN = DiversitySettings(likeness_weight=0)
ONE_HEAD = np.ones(1, np.float32)
NOT_USABLE = {
    "NaN": [0.5, np.nan, 0.1],
    "infinity": [0.5, np.inf, 0.1],
    "one score for everything": [0.5, 0.5, 0.5],
    "an exception": None,
}


class FixedModel:
    """Gives these scores whatever it is asked; `None` raises."""

    version = "fixed"

    def __init__(self, scores):
        self._scores = scores

    def predict(self, matrix):
        if self._scores is None:
            raise RuntimeError("broken")
        return np.array(self._scores, np.float32)[: len(matrix), None]


def ranked(pre_ranker, ranker):
    """Items 7, 8, 9, found by one source in the order 9, 8, 7."""
    request = a_request(candidates([7, 8, 9], source_score=[0.1, 0.2, 0.3]))
    models = Models(FixedModel(pre_ranker), FixedModel(ranker), ONE_HEAD, "1")
    metrics = Metrics()
    clock, model_use = StageClock(request.receipt, metrics), a_model_use(request, metrics)
    ranking = rank_candidates(request, models, PLAIN, clock, model_use)
    return request.candidates["item_id"][ranking.rows].tolist(), request.receipt.degraded_reasons


def test_the_main_ranker_has_the_last_word():
    # The pre-ranker hands over 8, 7, 9; of these the second is best, then the third.
    assert ranked([0.2, 0.3, 0.1], [0.1, 0.9, 0.5]) == ([7, 9, 8], [])


@pytest.mark.parametrize("scores", NOT_USABLE.values(), ids=NOT_USABLE)
def test_without_the_main_ranker_the_pre_rankers_order_stands(scores):
    assert ranked([0.2, 0.3, 0.1], scores) == ([8, 7, 9], ["main_ranker_failed"])


@pytest.mark.parametrize("scores", NOT_USABLE.values(), ids=NOT_USABLE)
def test_without_any_model_the_order_of_retrieval_stands(scores):
    items, reasons = ranked(scores, scores)
    assert items == [9, 8, 7]
    assert reasons == ["pre_ranker_failed", "main_ranker_failed"]


def test_without_the_pre_ranker_the_main_ranker_still_decides():
    # Handed over in the order of retrieval, 9, 8, 7; the last is best.
    assert ranked(None, [0.1, 0.2, 0.3]) == ([7, 8, 9], ["pre_ranker_failed"])


def test_heads_are_weighted_into_one_score():
    class TwoHeads:
        version = "two"

        def predict(self, _matrix):
            return np.array([[0.5, 0.1], [0.5, 0.2]], np.float32)

    scores = model_scores(TwoHeads(), np.zeros((2, 1), np.float32), np.array([1, -4], np.float32))
    np.testing.assert_allclose(scores, [0.1, -0.3], atol=1e-6)


def test_a_failed_model_is_counted_by_its_cause():
    metrics = Metrics()
    request = a_request(candidates([7, 8]))
    models = Models(FixedModel([0.5, np.nan]), FixedModel(None), ONE_HEAD, "1")
    clock = StageClock(request.receipt, metrics)
    rank_candidates(request, models, PLAIN, clock, a_model_use(request, metrics))
    for stage, cause in (("pre_ranker", "UnusableScoresError"), ("main_ranker", "RuntimeError")):
        labels = {"stage": stage, "cause": cause}
        assert metrics.registry.get_sample_value("feedrank_stage_failures_total", labels) == 1


def test_a_single_candidate_is_not_mistaken_for_a_constant_model():
    assert model_scores(FixedModel([0.5]), np.zeros((1, 1), np.float32), ONE_HEAD) == [0.5]


def test_no_candidates_need_no_model():
    assert model_scores(FixedModel(None), np.zeros((0, 1), np.float32), ONE_HEAD).shape == (0,)


def test_retrieval_order_interleaves_sources_by_rank_not_by_score():
    # Rows 0 and 1 are of source 1 with large scores, rows 2 and 3 of source 4 with small ones.
    scores = retrieval_scores(
        np.array([1, 1, 4, 4], np.uint32), np.array([90, 80, 0.1, 0.2], np.float32)
    )
    np.testing.assert_allclose(scores, [1, 1 / 2, 1 / 2, 1])


def test_what_several_sources_found_counts_for_the_first_of_them():
    scores = retrieval_scores(np.array([6, 2, 4], np.uint32), np.array([1, 2, 3], np.float32))
    np.testing.assert_allclose(scores, [1 / 2, 1, 1])
