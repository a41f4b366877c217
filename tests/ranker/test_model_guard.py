import pytest

from ranker.model_guard import JUDGED_FROM, SUSPENDED_S, TRIALS, ModelGuard
from serving.metrics_recorder import Metrics


class Timeline:
    def __init__(self):
        self.now_s = 0.0
        self.metrics = Metrics()
        self.guard = ModelGuard("main_ranker", self.metrics, lambda: self.now_s)

    def note(self, *outcomes):
        for usable in outcomes:
            assert self.guard.admits()
            self.guard.note(usable=usable)

    def is_told(self):
        labels = {"model": "main_ranker"}
        return self.metrics.registry.get_sample_value("feedrank_model_suspended_open", labels) == 1


@pytest.fixture
def timeline():
    return Timeline()


def suspend(timeline):
    timeline.note(*[True] * (JUDGED_FROM - 11), *[False] * 11)


def test_nothing_is_concluded_from_few_requests(timeline):
    timeline.note(*[False] * (JUDGED_FROM - 1))
    assert timeline.guard.admits()


def test_a_tenth_unusable_is_borne(timeline):
    timeline.note(*([True] * 9 + [False]) * 60)
    assert timeline.guard.admits()


def test_more_than_a_tenth_suspends_the_model_and_is_told(timeline):
    suspend(timeline)
    assert not timeline.guard.admits()
    assert timeline.is_told()


def test_old_failures_are_forgotten(timeline):
    timeline.note(*[True] * 95, *[False] * 5, *[True] * 200, *[False] * 20)
    assert timeline.guard.admits()


def test_it_is_tried_again_after_a_while(timeline):
    suspend(timeline)
    timeline.now_s += SUSPENDED_S - 1
    assert not timeline.guard.admits()
    timeline.now_s += 1
    assert timeline.guard.admits()


def test_one_failed_trial_suspends_it_again(timeline):
    suspend(timeline)
    timeline.now_s += SUSPENDED_S
    timeline.note(True, False)
    assert not timeline.guard.admits()


def test_enough_trials_bring_it_back(timeline):
    suspend(timeline)
    timeline.now_s += SUSPENDED_S
    timeline.note(*[True] * TRIALS)
    assert not timeline.is_told()
    timeline.note(*[False] * (JUDGED_FROM - 1))
    assert timeline.guard.admits()


def test_requests_from_before_the_suspension_count_no_more(timeline):
    suspend(timeline)
    timeline.guard.note(usable=False)
    timeline.now_s += SUSPENDED_S
    assert timeline.guard.admits()
