import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_assembly.action import SentAction
from feed_assembly.action_kinds import ACTION_KINDS
from feed_assembly.actions import MARK_RESERVE_MS, MAX_ACTIONS
from feed_assembly.session.session_writer import MAX_ROUND_CHANGES
from serving.deadline import Deadline
from serving.errors import InvalidRequestError
from serving.metrics import ACTIONS
from tests.feed_assembly.actions.builders import NOON_MS, Logging, an_action
from tests.serving.fixed_clock import FixedMonotonic
from tests.turns import counting_turns

REVOKING = [kind for kind, effect in ACTION_KINDS.items() if effect.revocation]
HARMLESS = [kind for kind in ACTION_KINDS if kind not in REVOKING]


@pytest.fixture
def logging() -> Logging:
    return Logging()


def statuses(result) -> dict[int, str]:
    return {error.index: error.status for error in result.errors}


def counted(logging: Logging, outcome: str) -> float | None:
    return logging.metrics.registry.get_sample_value(ACTIONS.name, {"outcome": outcome})


async def test_an_accepted_action_is_on_the_bus_with_what_we_know_of_its_item(logging):
    result = await logging(an_action("click", 104, value=3.5, surface="home"))
    assert (result.accepted_count, result.errors) == (1, ())
    [kept] = logging.log.kept
    assert (kept.kind, kept.target_id, kept.value, kept.surface) == ("click", 104, 3.5, "home")
    assert (kept.item_author_id, kept.item_categories) == (14, ("cats",))
    assert kept.occurred_ms == NOON_MS


async def test_facts_go_to_their_own_item(logging):
    await logging(an_action("like", 101), an_action("follow", 7), an_action("like", 5))
    assert [event.item_author_id for event in logging.log.kept] == [11, -1, -1]


async def test_one_bad_action_does_not_hold_up_the_others(logging):
    result = await logging(an_action(), an_action("like", -1), an_action("click"))
    assert result.accepted_count == 2
    [error] = result.errors
    assert (error.index, error.status) == (1, "INVALID_ARGUMENT")
    assert error.message.startswith("actions[1].item_id: -1 is outside")
    assert [event.kind for event in logging.log.kept] == ["like", "click"]


async def test_a_block_is_in_both_records_before_it_reaches_the_bus(logging):
    seen_on_append = []

    def look(_event) -> None:
        seen_on_append.append(set(logging.state.values))

    logging.log.on_append = look
    await logging(an_action("block", 12))
    assert seen_on_append == [{b"s/1", b"s/12"}]
    assert await logging.excluded_authors(1) == [12]
    assert await logging.excluded_authors(12) == [1]


async def test_a_block_stays_with_the_viewer_where_authors_are_no_viewers():
    logging = Logging(authors_are_viewers=False)
    await logging(an_action("block", 12))
    assert await logging.excluded_authors(1) == [12]
    assert await logging.excluded_authors(12) == []


async def test_an_unblock_leaves_what_the_other_blocked(logging):
    await logging(an_action("block", 12), an_action("block", 1, viewer_id=12))
    await logging(an_action("unblock", 12))
    assert await logging.excluded_authors(1) == [12]
    await logging(an_action("unblock", 1, viewer_id=12))
    assert await logging.excluded_authors(1) == []
    assert await logging.excluded_authors(12) == []


@pytest.mark.parametrize(
    ("revoke", "lift", "kind"),
    [
        ("block", "unblock", "blocked_authors"),
        ("mute", "unmute", "muted_authors"),
        ("unfollow", "follow", "unfollowed_authors"),
        ("leave", "join", "left_groups"),
    ],
)
async def test_the_inverse_action_takes_a_revocation_back(logging, revoke, lift, kind):
    await logging(an_action(revoke, 9))
    assert (await logging.sessions.find(1)).record.revocations(kind).ids.tolist() == [9]
    await logging(an_action(lift, 9))
    assert (await logging.sessions.find(1)).record.revocations(kind).ids.tolist() == []


@pytest.mark.parametrize("kind", ["hide", "report"])
async def test_hidden_and_reported_items_are_gone_at_once(logging, kind):
    await logging(an_action(kind, 100))
    assert (await logging.sessions.find(1)).record.hidden_items.ids.tolist() == [100]


async def test_a_positive_outdates_stored_feeds_and_an_impression_does_not(logging):
    await logging(an_action("impression"))
    assert (await logging.sessions.find(1)).record.last_positive_ms == 0
    logging.clock.advance(10)
    await logging(an_action("like", occurred_ms=NOON_MS - 60_000))
    assert (await logging.sessions.find(1)).record.last_positive_ms == NOON_MS + 10


async def test_without_the_bus_nothing_is_accepted_and_feeds_stay_fresh(logging):
    logging.log.is_away = True
    result = await logging(an_action("like"), an_action("block", 12))
    assert result.accepted_count == 0
    assert statuses(result) == {0: "UNAVAILABLE", 1: "UNAVAILABLE"}
    assert (await logging.sessions.find(1)).record.last_positive_ms == 0


async def test_only_what_the_bus_did_not_take_is_unavailable(logging):
    logging.log.refused = {"lost"}
    result = await logging(an_action(), an_action(action_id="lost"), an_action())
    assert (result.accepted_count, statuses(result)) == (2, {1: "UNAVAILABLE"})


async def test_no_text_of_our_own_failures_reaches_the_caller(logging):
    logging.log.is_away = True
    [error] = (await logging(an_action())).errors
    assert "secret" not in error.message


@pytest.mark.parametrize("kind", REVOKING)
async def test_without_the_state_store_revocations_are_unavailable(logging, kind):
    logging.state.is_away = True
    result = await logging(an_action(kind))
    assert (result.accepted_count, statuses(result)) == (0, {0: "UNAVAILABLE"})
    assert logging.log.kept == []


@pytest.mark.parametrize("kind", HARMLESS)
async def test_without_the_state_store_other_actions_are_accepted(logging, kind):
    logging.state.is_away = True
    result = await logging(an_action(kind))
    assert (result.accepted_count, result.errors) == (1, ())


async def test_a_state_store_that_hangs_leaves_time_for_the_bus(logging):
    logging.state.answers = asyncio.Event()
    result = await logging(an_action("mute", 9), an_action("impression"), budget_ms=200)
    assert (result.accepted_count, statuses(result)) == (1, {0: "UNAVAILABLE"})
    logging.state.answers.set()
    await logging.sessions.close()


async def test_without_time_left_everything_is_unavailable(logging):
    result = await logging(an_action(), an_action("block", 12), budget_ms=0)
    assert statuses(result) == {0: "UNAVAILABLE", 1: "UNAVAILABLE"}


async def test_the_bus_leaves_time_to_outdate_stored_feeds(logging):
    deadline = Deadline.after_ms(1_000, FixedMonotonic())
    await logging.logger.log_actions([an_action()], deadline)
    assert logging.log.timeouts_s == pytest.approx([1 - MARK_RESERVE_MS / 1_000])


async def test_others_get_their_turn_while_a_large_batch_is_logged(logging):
    async with counting_turns() as turns:
        await logging(*(an_action("like", viewer_id=n) for n in range(MAX_ACTIONS)))
    assert turns.count > MAX_ACTIONS / 10


async def test_a_repeated_action_id_is_accepted_again(logging):
    assert (await logging(an_action(), an_action())).accepted_count == 2
    assert (await logging(an_action())).accepted_count == 1


async def test_revocations_of_many_viewers_of_a_batch_share_two_round_trips(logging):
    await logging(*(an_action("hide", 100, viewer_id=v) for v in range(MAX_ROUND_CHANGES)))
    assert (logging.state.counters.reads, logging.state.counters.writes) == (1, 1)


async def test_actions_of_a_batch_reach_the_bus_in_order(logging):
    await logging(*(an_action(action_id=f"a{n}", viewer_id=n % 3) for n in range(300)))
    assert [event.action_id for event in logging.log.kept] == [f"a{n}" for n in range(300)]


@pytest.mark.parametrize("count", [0, MAX_ACTIONS + 1])
async def test_refuses_a_batch_out_of_bounds(logging, count):
    with pytest.raises(InvalidRequestError, match=f"actions: {count} given, need 1 to 1000"):
        await logging(*[an_action()] * count)


async def test_accepts_the_largest_batch_and_counts_it(logging):
    result = await logging(*[an_action("impression")] * (MAX_ACTIONS - 1), an_action("like", -1))
    assert result.accepted_count == MAX_ACTIONS - 1
    assert counted(logging, "accepted") == MAX_ACTIONS - 1
    assert counted(logging, "rejected") == 1


any_int64 = st.integers(-(2**63), 2**63 - 1)
sent_actions = st.builds(
    SentAction,
    action_id=st.text(max_size=70),
    viewer_id=st.none() | st.integers(0, 3) | any_int64,
    kind=st.sampled_from([*ACTION_KINDS, "99"]),
    target=st.sampled_from(["item", "author", "group", None]),
    target_id=st.integers(0, 3) | any_int64,
    occurred_ms=st.just(0) | any_int64,
    value=st.floats(),
    surface=st.text(max_size=70),
    position=st.integers(-(2**31), 2**31 - 1),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(sent_actions, min_size=1, max_size=20), st.booleans(), st.booleans())
async def test_any_batch_is_answered_entry_by_entry(actions, bus_is_away, state_is_away):
    logging = Logging()
    logging.log.is_away = bus_is_away
    logging.state.is_away = state_is_away
    result = await logging(*actions)
    assert result.accepted_count + len(result.errors) == len(actions)
    assert result.accepted_count == len(logging.log.kept)
    indexes = [error.index for error in result.errors]
    assert indexes == sorted(set(indexes))
    assert {error.status for error in result.errors} <= {"INVALID_ARGUMENT", "UNAVAILABLE"}
