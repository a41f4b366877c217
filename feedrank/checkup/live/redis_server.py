"""Whether the Redis that is used answers, how quickly, and keeps what it is given."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from typing import Any

import redis
from redis.asyncio import Redis

from feedrank.checkup.finding import Finding
from serving.state.redis_state_store import OPERATION_TIMEOUT_MS

TIMEOUT_S = 3.0
PINGS = 20
SLOW_SHARE = 0.25
"""Of the time that a read or write may take: with so much gone on the way, busy moments fail."""

SUBJECT = "Redis"
FULL_SHARE = 0.9


async def redis_server(address: str) -> list[Finding]:
    """Findings about a `redis://` or `rediss://` address; none about anything else."""
    if not address.startswith(("redis://", "rediss://")):
        return []
    client = Redis.from_url(
        address, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, protocol=3
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            facts = await client.info()
            pings_ms = [await _ping_ms(client) for _ in range(PINGS)]
    except redis.AuthenticationError:
        return [Finding(SUBJECT, "bad", "refuses our password", "correct the state address")]
    except (redis.RedisError, TimeoutError, OSError) as error:
        seen = f"does not answer: {type(error).__name__}"
        return [Finding(SUBJECT, "bad", seen, "start it, or correct the state address")]
    finally:
        await client.aclose(close_connection_pool=True)
    return [latency_finding(statistics.median(pings_ms)), *redis_findings(facts)]


async def _ping_ms(client: Redis) -> float:
    started_s = time.perf_counter()
    await client.ping()
    return (time.perf_counter() - started_s) * 1_000


def latency_finding(ping_ms: float) -> Finding:
    """What a question and its answer take, without any work."""
    subject, seen = f"{SUBJECT} latency", f"{ping_ms:.2f} ms from here"
    if ping_ms <= SLOW_SHARE * OPERATION_TIMEOUT_MS:
        return Finding(subject, "good", seen)
    advice = (
        f"a read fails after {OPERATION_TIMEOUT_MS} ms: run it closer to the services, and look "
        "for slow commands (redis-cli SLOWLOG GET) and a full processor there"
    )
    return Finding(subject, "bad", seen, advice)


def redis_findings(facts: Mapping[str, Any]) -> list[Finding]:
    """What `INFO` tells."""
    return [_persistence(facts), _memory(facts)]


def _persistence(facts: Mapping[str, Any]) -> Finding:
    subject = f"{SUBJECT} persistence"
    if facts.get("loading"):
        return Finding(subject, "bad", "still loads its file", "wait until it has")
    if not facts.get("aof_enabled"):
        advice = (
            "redis-cli CONFIG SET appendonly yes, and in its file: sessions and blocks are here"
        )
        return Finding(subject, "bad", "appendonly is off: a restart forgets", advice)
    if facts.get("aof_last_write_status", "ok") != "ok":
        return Finding(subject, "bad", "its file cannot be written", "free disk space where it is")
    return Finding(subject, "good", "appendonly is on")


def _memory(facts: Mapping[str, Any]) -> Finding:
    subject = f"{SUBJECT} memory"
    used, limit = int(facts["used_memory"]), int(facts.get("maxmemory", 0))
    policy = facts.get("maxmemory_policy", "noeviction")
    seen = f"{used / 2**20:,.0f} MiB used"
    if policy != "noeviction":
        advice = "redis-cli CONFIG SET maxmemory-policy noeviction: else sessions and blocks vanish"
        return Finding(subject, "bad", f"{seen}, policy {policy}", advice)
    if limit and used > FULL_SHARE * limit:
        advice = "raise maxmemory: writes are refused when it is full"
        return Finding(subject, "bad", f"{seen} of {limit / 2**20:,.0f}", advice)
    return Finding(subject, "good", f"{seen}, {'no limit' if not limit else 'noeviction'}")
