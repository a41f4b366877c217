import numpy as np

from ranker.diversity import DiversitySettings
from ranker.models import Models
from ranker.ranking import is_new_viewer, rank_candidates
from serving.contracts.rank import RankRequest
from serving.metrics_recorder import Metrics
from serving.stage_clock import StageClock
from tests.ranker.model_use import a_model_use
from tests.ranker.requests import a_request, a_viewer, candidates


class InOrder:
    """Likes the first row best, then the second, and so on."""

    version = "in order"

    def predict(self, matrix):
        return -np.arange(len(matrix), dtype=np.float32)[:, None]


def page_of(request: RankRequest):
    """Rows of the first page."""
    models = Models(InOrder(), InOrder(), np.ones(1, np.float32), "1")
    metrics = Metrics()
    clock, model_use = StageClock(request.receipt, metrics), a_model_use(request, metrics)
    return rank_candidates(request, models, DiversitySettings(), clock, model_use).rows[:20]


def crowd():
    """490 items of category 1 by seventy authors, before one each of ten other categories."""
    columns = candidates(list(range(500)), author_id=np.arange(500) % 70)
    columns["categories"][:, 0] = 1
    columns["categories"][490:, 0] = np.arange(2, 12)
    columns["author_id"][490:] = np.arange(100, 110)
    return columns


def test_a_new_viewer_sees_categories_that_the_pre_ranker_put_last():
    columns = crowd()
    page = page_of(a_request(columns, viewer=a_viewer(impressions=0)))
    assert len(set(columns["categories"][page, 0].tolist())) >= 8
    assert np.unique(columns["author_id"][page], return_counts=True)[1].max() <= 2


def test_a_known_viewer_gets_what_the_pre_ranker_put_first():
    assert page_of(a_request(crowd())).max() < 200


def test_a_viewer_with_reactions_or_a_vector_is_known():
    known = a_viewer()
    assert not is_new_viewer(known)
    known.totals[:] = 0
    assert not is_new_viewer(known)
    known.vector[:] = 0
    assert is_new_viewer(known)


def test_having_looked_without_reacting_tells_nothing_of_taste():
    viewer = a_viewer(impressions=0)
    viewer.totals[0, 0] = 40
    assert is_new_viewer(viewer)
