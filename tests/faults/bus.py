"""What faults of the bus need beside the ring: poison, dead letters, processes too many."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from feedrank.real.ports import free_ports
from feedrank.service_process import ServiceProcess
from protos.events_pb2 import DeadLetter
from serving.bus.open_bus import open_bus
from serving.bus.topics import ACTIONS, dead_letters
from tests.faults.watch import Actor

TIMEOUT_S = 10.0
PATIENCE_S = 60.0
Place = tuple[int, int]
"""Partition and offset."""


def wait_for_actions(actor: Actor, count: int = 5) -> None:
    """Return once so many more actions are acknowledged.

    Raises:
        TimeoutError: they are not.
    """
    wanted, give_up_s = actor.count + count, time.monotonic() + PATIENCE_S
    while actor.count < wanted:
        if time.monotonic() > give_up_s:
            raise TimeoutError(f"{actor.count} actions acknowledged, expected {wanted}")
        time.sleep(0.05)


@contextmanager
def a_second(process: ServiceProcess, **place: str) -> Iterator[ServiceProcess]:
    """Another process of a service, beside the first; `place` says which partitions it owns."""
    port, metrics_port = free_ports(2)
    service = process.name.partition(".")[0]
    place = {**place, "metrics_port": str(metrics_port)}
    own = {f"FEEDRANK_{service.upper()}__{name.upper()}": value for name, value in place.items()}
    variables = {**process._variables, **own}
    name = f"{service}-beside-{port}"
    with ServiceProcess(name, f"{service}.main", process.folder, port, variables) as second:
        yield second


async def poison(bus_address: str, count: int) -> set[Place]:
    """Publish messages that nobody can read; returns where they lie."""
    bus = open_bus(bus_address)
    await bus.start()
    places = set()
    for number in range(count):
        value, partition = b"\xff no action", number % ACTIONS.partitions
        places.add(await bus.publish(ACTIONS, value, partition=partition, timeout_s=TIMEOUT_S))
    await bus.close()
    return places


async def dead_letters_at(bus_address: str, places: set[Place]) -> dict[Place, list[str]]:
    """Causes told in dead letters, by where the message lies; waits until each has some."""
    bus = open_bus(bus_address)
    await bus.start()
    topic = dead_letters(ACTIONS)
    start = dict.fromkeys(range(topic.partitions), 0)
    subscription = await bus.subscribe(topic, start, reader="tests.faults")
    causes: defaultdict[Place, list[str]] = defaultdict(list)
    give_up_s = time.monotonic() + PATIENCE_S
    while not _all_told(causes, places) and time.monotonic() < give_up_s:
        for message in await subscription.poll(100, 1.0):
            letter = DeadLetter.FromString(message.value)
            causes[letter.partition, letter.offset].append(letter.cause)
    await subscription.close()
    await bus.close()
    return {place: causes[place] for place in places if place in causes}


def _all_told(causes: dict[Place, list[str]], places: set[Place]) -> bool:
    return all(any("viewer_state" in cause for cause in causes.get(p, [])) for p in places)
