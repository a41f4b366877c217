from dataclasses import dataclass

import pytest

from serving.bus.bus import Message
from serving.bus.not_ahead import NotAhead

NOON_MS = 1_750_000_000_000
MINUTE_MS = 60_000


@dataclass
class Event:
    occurred_ms: int


def taken_at(timestamp_ms: int) -> Message:
    return Message(0, 0, None, b"x", timestamp_ms)


@pytest.mark.parametrize("occurred_ms", [0, NOON_MS, NOON_MS + 5 * MINUTE_MS])
def test_the_past_and_five_minutes_more_are_taken(occurred_ms):
    NotAhead(NOON_MS)(taken_at(NOON_MS), Event(occurred_ms))


def test_more_than_five_minutes_ahead_of_the_bus_is_refused():
    event = Event(NOON_MS + 5 * MINUTE_MS + 1)
    with pytest.raises(ValueError, match=f"occurred_ms: {event.occurred_ms}"):
        NotAhead(NOON_MS)(taken_at(NOON_MS), event)


def test_data_that_are_ahead_of_the_bus_have_a_clock_that_is_too():
    NotAhead(NOON_MS + 1)(taken_at(NOON_MS), Event(NOON_MS + 10 * MINUTE_MS))


def test_what_tells_no_time_is_taken():
    NotAhead(NOON_MS)(taken_at(NOON_MS), None)
