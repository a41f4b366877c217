"""The judge ranks feeds whose order is known: the oracle, then popularity, then chance."""

import numpy as np
import pytest

from simulator.judge import gini, judge
from tests.simulator.worlds import SMALL, a_small_world

NOW_MS = SMALL.end_ms
VIEWER_IDS = list(range(1, 31))


def best_first(score):
    """A feed of what may be shown, highest `score(viewer_ids, item_ids)` first."""
    world = a_small_world()

    def feed(viewer_id):
        viewer = np.array([viewer_id])
        may_show = world.may_show(viewer, world.item_ids, NOW_MS)
        order = np.argsort(-np.where(may_show, score(viewer, world.item_ids), -np.inf))
        return world.item_ids[order[: may_show.sum()]].tolist()

    return feed


def oracle(viewer_id):
    return best_first(lambda v, i: a_small_world().value(v, i, NOW_MS))(viewer_id)


def judged(feed, **options):
    return judge(a_small_world(), feed, VIEWER_IDS, NOW_MS, **options)


def test_the_oracle_has_no_regret():
    result = judged(oracle)
    assert result.value == pytest.approx(result.oracle_value)
    assert result.regret == pytest.approx(0.0)
    assert (result.forbidden_count, result.short_count) == (0, 0)


def test_chance_has_all_the_regret():
    rng = np.random.default_rng(1)
    result = judged(best_first(lambda _, items: rng.random(len(items))))
    assert result.regret == pytest.approx(1.0, abs=0.1)


def test_popularity_lies_between_chance_and_the_oracle():
    result = judged(oracle)
    assert 1.2 * result.random_value < result.popularity_value < 0.8 * result.oracle_value


def test_the_worst_feed_regrets_more_than_chance():
    worst = best_first(lambda v, i: -a_small_world().value(v, i, NOW_MS))
    assert judged(worst).regret > 1.05


def test_an_empty_feed_is_worth_nothing():
    result = judged(lambda _: [], page_size=5)
    assert (result.value, result.category_count, result.author_gini) == (0.0, 0.0, 0.0)
    assert result.short_count == 5 * len(VIEWER_IDS)


def test_a_repeated_item_counts_once():
    once = judged(lambda viewer_id: oracle(viewer_id)[:1], page_size=2)
    twice = judged(lambda viewer_id: oracle(viewer_id)[:1] * 2, page_size=2)
    assert twice.value == once.value
    assert twice.forbidden_count == len(VIEWER_IDS)


def test_a_seen_item_is_worth_nothing():
    world = a_small_world()
    seen = world.history.seen

    def seen_first(viewer_id):
        return world.item_ids[seen.right[seen.left == viewer_id - 1][:1]].tolist()

    result = judged(seen_first, page_size=1)
    assert result.value == 0.0
    assert result.forbidden_count > 0


def test_more_categories_are_counted_as_more():
    world = a_small_world()
    category = world.posts.category
    one_of_each = [int(world.item_ids[np.flatnonzero(category == c)[0]]) for c in range(5)]
    assert judged(lambda _: one_of_each, page_size=5).category_count == 5.0


@pytest.mark.parametrize(
    ("counts", "expected"), [([3, 3, 3], 0.0), ([0, 0, 0, 8], 0.75), ([0, 0], 0.0)]
)
def test_gini_of_equal_and_of_lone_counts(counts, expected):
    assert gini(np.array(counts)) == pytest.approx(expected)


def test_no_viewers_are_refused():
    with pytest.raises(ValueError, match="got 0 and 20"):
        judge(a_small_world(), oracle, [], NOW_MS)
