"""The log follows from the tastes, strongly enough to be learnt, and obeys the rules."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from simulator import WorldSettings, simulate
from simulator.eligibility import Eligibility
from simulator.reactions import CLICK, HIDE, IMPRESSION, LIKE, LONG_VIEW
from simulator.settings import DAY_MS
from simulator.world import FIRST_ITEM_ID, FIRST_VIEWER_ID
from tests.simulator.worlds import SMALL, TINY, a_small_world


def pair_keys(actions):
    return actions.viewer * SMALL.item_count + actions.item


def impressions_and_whether(action):
    """Impressions of the small world, and which of them were followed by the action."""
    actions = a_small_world().history.actions
    shown = actions.taken(actions.action == IMPRESSION)
    acted = actions.taken(actions.action == action)
    return shown, np.isin(pair_keys(shown), pair_keys(acted))


def test_true_click_probability_ranks_the_sampled_clicks():
    shown, clicked = impressions_and_whether(CLICK)
    truth = a_small_world().click_probability(
        shown.viewer + FIRST_VIEWER_ID, shown.item + FIRST_ITEM_ID, shown.occurred_ms
    )
    assert roc_auc_score(clicked, truth) > 0.75


def test_clicks_at_the_top_are_as_frequent_as_the_truth_says():
    shown, clicked = impressions_and_whether(CLICK)
    top = shown.position == 0
    truth = a_small_world().click_probability(
        shown.viewer + FIRST_VIEWER_ID, shown.item + FIRST_ITEM_ID, shown.occurred_ms
    )
    assert clicked[top].mean() == pytest.approx(truth[top].mean(), rel=0.1)


def test_viewers_click_their_favourite_category_more_than_others():
    shown, clicked = impressions_and_whether(CLICK)
    world = a_small_world()
    is_favourite = world.posts.category[shown.item] == world.people.favourite[shown.viewer, 0]
    assert clicked[is_favourite].mean() > 2 * clicked[~is_favourite].mean()


def test_a_viewers_past_clicks_by_category_predict_later_ones():
    shown, clicked = impressions_and_whether(CLICK)
    world = a_small_world()
    cell = shown.viewer * 24 + world.posts.category[shown.item]
    is_past = shown.occurred_ms < SMALL.end_ms - 2 * DAY_MS
    cells = SMALL.viewer_count * 24
    shown_count = np.bincount(cell[is_past], minlength=cells)
    click_count = np.bincount(cell[is_past & clicked], minlength=cells)
    rate = (click_count + 5 * clicked[is_past].mean()) / (shown_count + 5)
    assert roc_auc_score(clicked[~is_past], rate[cell[~is_past]]) > 0.62


def test_viewers_hide_what_is_off_their_taste():
    shown, hidden = impressions_and_whether(HIDE)
    truth = a_small_world().click_probability(
        shown.viewer + FIRST_VIEWER_ID, shown.item + FIRST_ITEM_ID, shown.occurred_ms
    )
    assert truth[hidden].mean() < 0.8 * truth[~hidden].mean()


def test_items_further_down_are_clicked_less():
    shown, clicked = impressions_and_whether(CLICK)
    assert clicked[shown.position < 2].mean() > 1.3 * clicked[shown.position > 12].mean()


def test_likes_and_long_views_follow_from_clicks_only():
    actions = a_small_world().history.actions
    clicked = pair_keys(actions.taken(actions.action == CLICK))
    for action in (LIKE, LONG_VIEW):
        acted = pair_keys(actions.taken(actions.action == action))
        assert len(acted)
        assert np.isin(acted, clicked).all()


def test_nothing_is_shown_twice_to_a_viewer():
    shown, _ = impressions_and_whether(CLICK)
    assert len(np.unique(pair_keys(shown))) == len(shown)


def test_everything_shown_existed_and_was_allowed_when_the_day_began():
    world, (shown, _) = a_small_world(), impressions_and_whether(CLICK)
    assert (world.posts.created_ms[shown.item] < shown.occurred_ms).all()
    # Blocks and mutes grow while the log runs; every other rule holds to the end.
    relations = world.history.relations
    author = world.posts.author[shown.item]
    estranged = (
        relations.blocks.holds(shown.viewer, author, shown.occurred_ms)
        | relations.blocks.holds(author, shown.viewer, shown.occurred_ms)
        | relations.mutes.holds(shown.viewer, author, shown.occurred_ms)
    )
    allowed = Eligibility(world.people, world.posts, relations).allows(
        shown.viewer, shown.item, shown.occurred_ms
    )
    assert (allowed | estranged).all()
    assert estranged.mean() < 0.001


def test_every_visit_is_numbered_from_its_first_place_without_gaps():
    shown, _ = impressions_and_whether(CLICK)
    last = np.zeros(shown.visit.max() + 1, np.int64)
    np.maximum.at(last, shown.visit, shown.position)
    count = np.bincount(shown.visit)
    # The very last minutes are cut off at the end of the log, and with them the end of a visit.
    assert (last[count > 0] + 1 == count[count > 0]).all()


def test_actions_lie_in_the_log_and_in_order():
    occurred_ms = a_small_world().history.actions.occurred_ms
    assert occurred_ms[0] >= SMALL.start_ms
    assert occurred_ms[-1] < SMALL.end_ms
    assert (np.diff(occurred_ms) >= 0).all()


def test_friends_are_the_mutual_follows():
    relations = a_small_world().history.relations
    follows = set(relations.follows.keys.tolist())
    count = SMALL.viewer_count
    mutual = {key for key in follows if key % count * count + key // count in follows}
    assert mutual
    assert set(relations.friends.keys.tolist()) == mutual


def test_viewers_follow_the_like_minded():
    world = a_small_world()
    follows, taste = world.history.relations.follows, world.people.taste
    followed = np.einsum("nd,nd->n", taste[follows.left], taste[follows.right])
    assert followed.mean() > 0.2 + (taste @ taste.T).mean()


def test_posts_go_on_to_the_last_day():
    created_ms = a_small_world().posts.created_ms
    assert (created_ms > SMALL.end_ms - DAY_MS).sum() > 0.02 * len(created_ms)


def test_ids_of_another_world_are_refused():
    with pytest.raises(ValueError, match=r"viewer_id must be in \[1, 600\], got 601"):
        a_small_world().click_probability(np.array([601]), np.array([FIRST_ITEM_ID]), SMALL.end_ms)


def test_progress_ends_at_one():
    seen = []
    simulate(TINY, progress=lambda what, share: seen.append((what, share)))
    assert seen[-1] == ("simulating day 3 of 3", 1.0)
    assert len(seen) == 3


def test_the_smallest_world_works():
    world = simulate(WorldSettings(viewer_count=10, item_count=20, day_count=1))
    assert len(world.item_ids) == 20


@pytest.mark.parametrize(
    ("field", "value"), [("viewer_count", 9), ("day_count", 0), ("sessions_per_day", 0.0)]
)
def test_settings_out_of_range_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"{field} must be in"):
        WorldSettings(**{field: value})
