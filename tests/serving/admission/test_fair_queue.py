from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from serving.admission.fair_queue import FairQueue
from serving.admission.turn import Turn
from serving.deadline import Deadline


def a_turn(caller: str) -> Turn:
    return Turn(caller, Deadline.after_ms(1_000), 0.0)


def queue_of(callers: str, running: str = "") -> FairQueue:
    queue = FairQueue(Counter(running))
    for caller in callers:
        queue.add(a_turn(caller))
    return queue


def order(queue: FairQueue) -> str:
    return "".join(queue.pop().caller for _ in range(queue.count))


def test_callers_take_turns():
    assert order(queue_of("aaaabb")) == "ababaa"


def test_a_caller_with_one_call_waits_for_one_of_each_other():
    queue = queue_of("aaaa")
    assert queue.ahead_of("b") == 1
    queue.add(a_turn("b"))
    assert order(queue) == "abaaa"


def test_the_calls_of_one_caller_keep_their_order():
    queue = FairQueue({})
    turns = [a_turn("a") for _ in range(3)]
    for turn in turns:
        queue.add(turn)
    assert [queue.pop() for _ in range(3)] == turns


def test_a_turn_that_is_taken_out_is_never_given():
    queue = queue_of("ab")
    gone = a_turn("c")
    queue.add(gone)
    queue.discard(gone)
    queue.discard(gone)
    assert order(queue) == "ab"
    assert queue.ahead_of("c") == 0


@given(st.text("abc", max_size=30), st.text("abc", max_size=9), st.sampled_from("abc"))
def test_a_new_turn_is_taken_after_as_many_as_were_foretold(callers, begun, caller):
    running = Counter(begun)
    queue = FairQueue(running)
    for each in callers:
        queue.add(a_turn(each))
    foretold = queue.ahead_of(caller)
    mine = a_turn(caller)
    queue.add(mine)
    before = 0
    while (turn := queue.pop()) is not mine:
        running[turn.caller] += 1
        before += 1
    # Whose turn it is in the rotation decides about one call of each other caller.
    others = len(set(callers) - {caller})
    assert foretold - others <= before <= foretold


def test_who_has_fewer_calls_running_is_next():
    assert order(queue_of("aaabc", running="aab")) == "cbaaa"


def test_counts_what_runs_and_what_waits():
    queue = queue_of("abb", running="bbc")
    assert [queue.calls_of(caller) for caller in "abcd"] == [1, 4, 1, 0]
    assert [queue.callers_beside(caller) for caller in "ad"] == [2, 3]
