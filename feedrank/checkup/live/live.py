"""Everything that is looked at in a running system, in the order a person wants to read it."""

import asyncio
from collections.abc import Sequence

from feedrank.checkup.finding import Finding
from feedrank.checkup.live.connection import TLS_ADVICE, connection_problem
from feedrank.checkup.live.health import health
from feedrank.checkup.live.kafka_server import kafka_server
from feedrank.checkup.live.page import HTTPS, MetricsPage, address_of, read_page
from feedrank.checkup.live.processes import (
    certificates,
    clocks,
    disks,
    event_loops,
    neighbours,
    same_everywhere,
)
from feedrank.checkup.live.quality import coverage, degraded, failed
from feedrank.checkup.live.redis_server import redis_server
from feedrank.checkup.live.streams import breaker, bus_writes, lag
from feedrank.client_access import ClientAccess
from feedrank.running_stack import RunningProcess, RunningStack
from serving.tls_probe import ShownFiles

PAGE_CHECKS = (
    same_everywhere,
    clocks,
    event_loops,
    failed,
    degraded,
    coverage,
    lag,
    bus_writes,
    breaker,
    disks,
    certificates,
    neighbours,
)
SHARDS = "ann_shards-"


async def check_live(running: RunningStack, access: ClientAccess | None = None) -> list[Finding]:
    """Ask every process, Kafka and Redis.

    Args:
        access: TLS of processes that want it; plain text without.
    """
    access = access or ClientAccess()
    of_health, (pages, of_pages), of_kafka, of_redis = await asyncio.gather(
        health(running.processes, access),
        _pages(running.processes, access),
        kafka_server(running.bus, _shard_count(running)),
        redis_server(running.state),
    )
    seen = [finding for check in PAGE_CHECKS for finding in check(pages)] if pages else []
    return [*of_health, *of_kafka, *of_redis, *of_pages, *seen]


async def _pages(
    processes: Sequence[RunningProcess], access: ClientAccess
) -> tuple[list[MetricsPage], list[Finding]]:
    """The metrics of all that have some, and who does not answer."""
    asked = [process for process in processes if process.metrics]
    if not processes:
        return [], []
    if not asked:
        advice = "start with --metrics, or set FEEDRANK_METRICS_PORT: most checks need them"
        return [], [Finding("metrics", "optional", "no process has a metrics port", advice)]
    answers = await asyncio.gather(
        *(asyncio.to_thread(read_page, process, access.shown()) for process in asked),
        return_exceptions=True,
    )
    pages = [answer for answer in answers if isinstance(answer, MetricsPage)]
    silent = []
    for process, answer in zip(asked, answers, strict=True):
        if isinstance(answer, (OSError, ValueError)):
            silent.append(await _silent(process, answer, access))
        elif isinstance(answer, BaseException):
            raise answer
    return pages, silent


async def _silent(
    process: RunningProcess, error: OSError | ValueError, access: ClientAccess
) -> Finding:
    """Who does not show its metrics, and why."""
    subject, address = f"metrics of {process.name}", address_of(process.metrics)
    files = access.shown() if process.metrics.startswith(HTTPS) else ShownFiles()
    problem = await connection_problem(address, files)
    if problem is None:
        advice = "is it running, and is that its metrics port?"
        return Finding(subject, "bad", f"{process.metrics}: {error}", advice)
    advice = TLS_ADVICE if files.authority else f"name it {HTTPS}{address}; {TLS_ADVICE}"
    return Finding(subject, "bad", f"{process.metrics}: {problem}", advice)


def _shard_count(running: RunningStack) -> int | None:
    """`None` where nobody says."""
    shards = {p.service for p in running.processes if p.service.startswith(SHARDS)}
    return len(shards) or None
