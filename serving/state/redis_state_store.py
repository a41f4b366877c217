"""State in Redis: one round trip per call, capped waits, no retries, one script for all writes.

A value is one string: the version as 8 bytes, big-endian, then the packed bytes. Redis keeps them
as durably as it is configured to (append-only file on). One Redis, not a cluster: the keys of a
write are of several viewers and must change in one step.
"""

import asyncio
import struct
from collections.abc import Sequence
from typing import Any

import redis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from serving.errors import StateUnavailableError
from serving.state.circuit_breaker import CircuitBreaker
from serving.state.compare_and_set_script import COMPARE_AND_SET, COMPARE_AND_SET_SHA1
from serving.state.redis_address import check_redis_address
from serving.state.state_counters import StateCounters
from serving.state.state_store import Update, Versioned

VERSION = struct.Struct(">Q")
OPERATION_TIMEOUT_MS = 20
CONNECT_TIMEOUT_MS = 50
MAX_CONNECTIONS = 32


class RedisStateStore:
    """A `StateStore` that answers or fails within `timeout_ms` on a connection that stands.

    A call that must connect first may take `connect_timeout_ms` longer. When calls keep failing the
    breaker refuses them at once and tries again with one call every half second.
    """

    is_local = False

    def __init__(
        self,
        address: str,
        *,
        timeout_ms: int = OPERATION_TIMEOUT_MS,
        connect_timeout_ms: int = CONNECT_TIMEOUT_MS,
        max_connections: int = MAX_CONNECTIONS,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        """Prepare to connect; nothing is sent before the first call.

        Raises:
            ValueError: the address cannot be understood.
        """
        check_redis_address(address)
        self._breaker = breaker or CircuitBreaker()
        self.counters = StateCounters(breaker=self._breaker)
        self._cap_s = (timeout_ms + connect_timeout_ms) / 1000
        # Every default that waits or repeats is replaced: the library would retry for seconds.
        pool = BlockingConnectionPool.from_url(
            address,
            max_connections=max_connections,
            timeout=timeout_ms / 1000,
            socket_timeout=timeout_ms / 1000,
            socket_connect_timeout=connect_timeout_ms / 1000,
            retry=Retry(NoBackoff(), 0),
            protocol=3,
            decode_responses=False,
            health_check_interval=0,
            driver_info=None,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        self._client: Any = Redis.from_pool(pool)  # its typing is partial: execute_command has none

    async def read(self, keys: Sequence[bytes]) -> list[Versioned | None]:
        found = await self._call("MGET", *keys) if keys else []
        self.counters.reads += 1
        return [self._unpack(key, raw) for key, raw in zip(keys, found, strict=True)]

    async def write(self, updates: Sequence[Update], *, all_or_none: bool = False) -> list[bool]:
        if not updates:
            return []
        arguments: list[bytes | int] = [len(updates)]
        arguments.extend(update.key for update in updates)
        arguments.append(int(all_or_none))
        for update in updates:
            arguments.append(VERSION.pack(update.expected))
            arguments.append(VERSION.pack(update.version) + update.value)
            arguments.append(0 if update.ttl_s is None else update.ttl_s * 1000)
        try:
            reply = await self._call("EVALSHA", COMPARE_AND_SET_SHA1, *arguments)
        except redis.exceptions.NoScriptError:  # a restarted Redis; EVAL loads it again
            reply = await self._call("EVAL", COMPARE_AND_SET, *arguments)
        self.counters.writes += 1
        applied = [bool(flag) for flag in reply]
        self.counters.conflicts += applied.count(False)
        return applied

    async def ping(self) -> None:
        await self._call("PING")

    async def until_damaged(self) -> None:
        """See `StateStore.until_damaged`: Redis sees to its own files."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self._client.aclose(close_connection_pool=True)

    async def _call(self, *command: bytes | int | str) -> Any:
        """Send one command and return its reply.

        Raises:
            StateUnavailableError: no answer in time, the breaker is open, or Redis refused.
            NoScriptError: Redis does not know the script.
        """
        if not self._breaker.admits():
            self.counters.failures += 1
            raise StateUnavailableError("redis is away: not asked, the circuit breaker is open")
        try:
            async with asyncio.timeout(self._cap_s):
                reply = await self._client.execute_command(*command)
        except redis.exceptions.NoScriptError:
            self._breaker.succeeded()
            raise
        except (redis.ConnectionError, redis.TimeoutError, TimeoutError, OSError) as error:
            self._breaker.failed()
            raise self._failure("did not answer", error) from error
        except redis.RedisError as error:  # an answer, for example "out of memory"
            self._breaker.succeeded()
            raise self._failure(f"refused {command[0]!s}", error) from error
        self._breaker.succeeded()
        return reply

    def _failure(self, what: str, error: Exception) -> StateUnavailableError:
        self.counters.failures += 1
        return StateUnavailableError(f"redis {what}: {type(error).__name__}")

    def _unpack(self, key: bytes, raw: bytes | None) -> Versioned | None:
        if raw is None:
            return None
        if len(raw) < VERSION.size:
            self.counters.failures += 1
            raise StateUnavailableError(f"redis key {key!r} holds {len(raw)} bytes, not our format")
        return Versioned(VERSION.unpack_from(raw)[0], raw[VERSION.size :])
