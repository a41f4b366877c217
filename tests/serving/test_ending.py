from types import SimpleNamespace
from typing import Any

import pytest

from serving.calls_in_flight import CallsInFlight
from serving.ending import Ending, set_ending
from serving.gate import Call
from serving.interceptors import CallInterceptor
from serving.metrics_recorder import Metrics


class WatchingGate:
    def __init__(self) -> None:
        self.seen: list[Ending] = []
        self.remaining_ms = 0.0

    def enter(self, call: Call) -> None:
        self.remaining_ms = call.deadline.remaining_ms()

    def leave(self, call: Call, ending: Ending) -> None:
        del call
        self.seen.append(ending)


async def whole(request: bytes, _context: Any) -> bytes:
    return request


async def cut_short(request: bytes, _context: Any) -> bytes:
    set_ending(Ending.CUT_SHORT)
    return request


@pytest.mark.parametrize(
    ("behaviour", "ending"), [(whole, Ending.WHOLE), (cut_short, Ending.CUT_SHORT)]
)
async def test_the_gates_learn_what_the_handler_says_of_its_end(behaviour, ending):
    gate = WatchingGate()
    interceptor = CallInterceptor(Metrics(), CallsInFlight(), [gate], min_remaining_ms=1.0)
    context = SimpleNamespace(time_remaining=lambda: 1.0, invocation_metadata=lambda: ())
    answer = await interceptor.guarded("/test.Service/Method", behaviour)(b"request", context)
    assert answer == b"request"
    assert gate.seen == [ending]


async def test_gates_give_a_call_without_a_deadline_the_one_of_the_settings():
    gate = WatchingGate()
    interceptor = CallInterceptor(
        Metrics(), CallsInFlight(), [gate], min_remaining_ms=1.0, default_deadline_ms=5_000.0
    )
    context = SimpleNamespace(time_remaining=lambda: None, invocation_metadata=lambda: ())
    await interceptor.guarded("/test.Service/Method", whole)(b"request", context)
    assert 4_000 < gate.remaining_ms <= 5_000
