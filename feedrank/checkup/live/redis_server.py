"""Whether the Redis that is used answers, and keeps what it is given."""

import asyncio
from collections.abc import Mapping
from typing import Any

import redis
from redis.asyncio import Redis

from feedrank.checkup.finding import Finding

TIMEOUT_S = 3.0
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
    except redis.AuthenticationError:
        return [Finding(SUBJECT, "bad", "refuses our password", "correct the state address")]
    except (redis.RedisError, TimeoutError, OSError) as error:
        seen = f"does not answer: {type(error).__name__}"
        return [Finding(SUBJECT, "bad", seen, "start it, or correct the state address")]
    finally:
        await client.aclose(close_connection_pool=True)
    return redis_findings(facts)


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
