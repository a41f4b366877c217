"""Processes that are restarted on purpose, and processes that die."""

from contextlib import ExitStack

from tests.faults.fault import fault
from tests.faults.lab import Lab
from tests.faults.seen import Answer, Seen

CALLERS = 3
CALLS_AT_LEAST = 1_000
SECOND_CALLS = 100


@fault(
    [33],
    "rolling restart of every service, two replicas each",
    "no failed call, no part of the answer missing, no action lost or counted twice",
)
def rolling_restart(lab: Lab) -> Seen:
    with lab.supervised(replicas=2) as (ring, supervisor), ExitStack() as callers:
        watches = [callers.enter_context(lab.watching(ring.address)) for _ in range(CALLERS)]
        actor = callers.enter_context(lab.acting(ring.address))
        watches[0].wait_for_full()
        marks = [watch.mark() for watch in watches]
        said = len(ring.said)
        supervisor.restart_soon()
        ring.wait_until_said("every service was restarted", said)
        watches[0].wait_for(SECOND_CALLS)
        callers.close()
        effects = lab.effects(ring.named("redis").address, actor)
    answers: list[Answer] = []
    for watch, mark in zip(watches, marks, strict=True):
        answers += watch.seen(mark).answers
    restarts = sum("was restarted" in line for line in ring.said[said:]) - 1
    seen = Seen(answers, note=f"{restarts} processes restarted", **effects)
    assert not seen.errors
    assert seen.calls >= CALLS_AT_LEAST
    assert seen.lowest_coverage == 1.0
    assert (seen.lost, seen.double) == (0, 0)
    return seen
