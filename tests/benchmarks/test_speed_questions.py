"""What the bench asks is what its page says."""

from collections import Counter

from benchmarks.speed.questions import Questions


def test_nobody_asks_twice_when_every_call_is_to_be_cold() -> None:
    questions = Questions(viewers=1_000, seed=1)

    assert len({*questions.cold(600), *questions.cold(400)}) == 1_000


def test_three_in_four_calls_are_of_viewers_who_were_here_before() -> None:
    first, messages = Questions(viewers=10_000, seed=1).returning(800, concurrency=8)
    here = set(first)
    new = 0
    for message in messages:
        new += message not in here
        here.add(message)

    assert new == len(messages) / 4
    assert max(Counter([*first, *messages]).values()) == 4


def test_nobody_comes_back_while_the_call_before_may_be_in_flight() -> None:
    _, messages = Questions(viewers=10_000, seed=1).returning(4_000, concurrency=32)
    last: dict[bytes, int] = {}
    distances = []
    for place, message in enumerate(messages):
        if message in last:
            distances.append(place - last[message])
        last[message] = place

    assert min(distances) >= 4 * 32
