import asyncio
import contextvars
import itertools
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from serving import serving_loop
from serving.serving_loop import (
    PATIENCE_S,
    SLICE_S,
    ServingLoop,
    expect_another_call,
    ordinary,
    set_urgent,
    urgent,
)


def on_a_serving_loop(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    # In a thread: the tests' own loop runs in this one.
    found: list[Any] = []

    def run() -> None:
        with asyncio.Runner(loop_factory=ServingLoop) as runner:
            found.append(runner.run(main()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return found[0]


async def steps(name: str, count: int, seen: list[str], seconds: float = 0.0) -> None:
    for _ in range(count):
        seen.append(name)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            pass
        await asyncio.sleep(0)


def in_front(work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
    return asyncio.create_task(work, context=urgent(contextvars.copy_context()))


def test_urgent_tasks_go_first_at_every_step():
    async def main() -> list[str]:
        seen: list[str] = []
        # Each ordinary step fills a whole slice, so the loop looks for urgent ones after each.
        work = asyncio.create_task(steps("work", 5, seen, 0.001))
        urgent = in_front(steps("urgent", 4, seen))
        await asyncio.gather(work, urgent)
        return seen

    seen = on_a_serving_loop(main)
    last_urgent = max(place for place, name in enumerate(seen) if name == "urgent")
    assert seen[: last_urgent + 1].count("work") <= 2


def test_ordinary_tasks_take_turns_in_the_order_they_became_ready():
    async def main() -> list[str]:
        seen: list[str] = []
        await asyncio.gather(*(steps(name, 3, seen) for name in "abc"))
        return seen

    assert on_a_serving_loop(main) == list("abcabcabc")


def test_the_next_call_is_looked_out_for_before_other_steps(monkeypatch):
    monkeypatch.setattr(serving_loop, "HANDOVER_S", 10.0)

    async def main() -> list[str]:
        seen: list[str] = []
        loop: Any = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        loop.add_reader(ours, lambda: seen.append(ours.recv(4).decode()))
        select, looks = loop._selector.select, itertools.count()

        def with_a_call_at_the_third_look(timeout: float | None) -> Any:
            if next(looks) == 2:
                theirs.send(b"call")
            return select(timeout)

        loop._selector.select = with_a_call_at_the_third_look
        expect_another_call()
        await steps("work", 6, seen, 2 * SLICE_S)
        loop.remove_reader(ours)
        ours.close(), theirs.close()
        return seen

    assert on_a_serving_loop(main) == ["work", "call", *["work"] * 5]


def test_a_call_that_does_not_come_is_looked_out_for_once_and_not_for_long():
    async def main() -> tuple[int, int]:
        loop: Any = asyncio.get_running_loop()
        select, looks = loop._selector.select, []

        def counted(timeout: float | None) -> Any:
            looks.append(timeout)
            return select(timeout)

        loop._selector.select = counted
        expect_another_call()
        await steps("work", 2, [], 2 * SLICE_S)
        first = len(looks)
        await steps("work", 3, [], 2 * SLICE_S)
        return first, len(looks) - first

    looked_out, afterwards = on_a_serving_loop(main)
    assert looked_out > 2
    assert afterwards <= 3 + 1


def test_a_flood_of_urgent_steps_leaves_time_for_work():
    async def main() -> list[str]:
        seen: list[str] = []
        flood = in_front(steps("urgent", 400, seen, PATIENCE_S / 20))
        work = asyncio.create_task(steps("work", 3, seen, 0.001))
        await asyncio.gather(flood, work)
        return seen

    seen = on_a_serving_loop(main)
    assert "urgent" in seen[seen.index("work") :]
    assert max(place for place, name in enumerate(seen) if name == "work") < 390


def test_what_an_urgent_task_starts_is_urgent_until_it_says_otherwise():
    urgent: dict[str, bool] = {}
    variable = contextvars.copy_context

    async def child(name: str) -> None:
        urgent[name] = next(v for k, v in variable().items() if k.name == "urgent")

    async def parent() -> None:
        await asyncio.create_task(child("before"))
        set_urgent(False)
        await asyncio.create_task(child("after"))

    async def main() -> None:
        await in_front(parent())

    on_a_serving_loop(main)
    assert urgent == {"before": True, "after": False}


def test_timers_threads_and_cancelled_callbacks_work_as_ever():
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        seen: list[str] = []
        loop.call_soon(seen.append, "cancelled").cancel()
        loop.call_soon(seen.append, "soon")
        loop.call_later(0.001, seen.append, "timer")
        seen.append(await asyncio.to_thread(str, "thread"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await loop.create_future()
        return seen

    assert sorted(on_a_serving_loop(main)) == ["soon", "thread", "timer"]


def test_an_ordinary_task_of_an_urgent_one_waits_for_its_turn():
    async def parent(seen: list[str]) -> None:
        lasting = asyncio.create_task(
            steps("lasting", 3, seen), context=ordinary(contextvars.copy_context())
        )
        await steps("urgent", 3, seen)
        await lasting

    async def main() -> list[str]:
        seen: list[str] = []
        await in_front(parent(seen))
        return seen

    assert on_a_serving_loop(main) == ["urgent"] * 3 + ["lasting"] * 3


def test_a_limit_does_not_run_out_for_an_answer_that_waits_for_its_turn():
    async def main() -> str:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()

        def hold_the_loop() -> None:
            # The answer comes, as from a socket, and then the time is up.
            loop.call_soon_threadsafe(answer.set_result, "answer")
            time.sleep(0.05)

        loop.call_soon(hold_the_loop)
        async with asyncio.timeout(0.02):
            return await answer

    assert on_a_serving_loop(main) == "answer"


def test_a_timer_that_is_cancelled_while_it_waits_for_its_turn_does_not_run():
    async def main() -> list[str]:
        seen: list[str] = []
        loop = asyncio.get_running_loop()
        timer = loop.call_later(0.001, seen.append, "timer")
        loop.call_later(0.0005, timer.cancel)
        await steps("work", 2, [], 0.01)
        await asyncio.sleep(0.01)
        return seen

    assert on_a_serving_loop(main) == []


def test_a_limit_runs_out_however_busy_the_loop_is():
    async def main() -> float:
        began_s = time.perf_counter()
        busy = asyncio.create_task(steps("work", 1_000, [], 0.001))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await asyncio.get_running_loop().create_future()
        busy.cancel()
        return time.perf_counter() - began_s

    assert on_a_serving_loop(main) < 0.2


def test_a_loop_with_nothing_to_do_waits_without_using_the_processor():
    async def main() -> float:
        before = time.thread_time()
        await asyncio.sleep(0.3)
        return time.thread_time() - before

    assert on_a_serving_loop(main) < 0.15


def test_a_closed_loop_takes_nothing():
    loop = ServingLoop()
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_soon(print)


def test_in_debug_mode_other_threads_are_told_that_they_must_not():
    async def told() -> list[str]:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        problems = []
        for begin in (loop.call_soon, lambda call: loop.call_later(1.0, call)):
            try:
                await asyncio.to_thread(begin, int)
            except RuntimeError as error:
                problems.append(str(error))
        loop.set_debug(False)
        return problems

    first, second = on_a_serving_loop(told)
    assert "Non-thread-safe operation" in first
    assert "Non-thread-safe operation" in second
