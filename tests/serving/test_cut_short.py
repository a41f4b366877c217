from types import SimpleNamespace
from typing import Any

import pytest

from serving.calls_in_flight import CallsInFlight
from serving.cut_short import set_cut_short
from serving.gate import Call
from serving.interceptors import CallInterceptor
from serving.metrics_recorder import Metrics


class WatchingGate:
    def __init__(self) -> None:
        self.is_whole: list[bool] = []

    def enter(self, call: Call) -> None:
        del call

    def leave(self, call: Call, elapsed_ms: float, *, is_whole: bool) -> None:
        del call, elapsed_ms
        self.is_whole.append(is_whole)


async def whole(request: bytes, _context: Any) -> bytes:
    return request


async def cut_short(request: bytes, _context: Any) -> bytes:
    set_cut_short(True)
    return request


@pytest.mark.parametrize(("behaviour", "is_whole"), [(whole, True), (cut_short, False)])
async def test_the_gates_learn_whether_an_answer_was_cut_short(behaviour, is_whole):
    gate = WatchingGate()
    interceptor = CallInterceptor(Metrics(), CallsInFlight(), [gate], min_remaining_ms=1.0)
    context = SimpleNamespace(time_remaining=lambda: 1.0, invocation_metadata=lambda: ())
    answer = await interceptor.guarded("/test.Service/Method", behaviour)(b"request", context)
    assert answer == b"request"
    assert gate.is_whole == [is_whole]
