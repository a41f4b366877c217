"""The servers whose overload is measured, with what is needed to call them as two callers."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring.embedded_process import EmbeddedProcess
from feedrank.real.ports import free_ports
from feedrank.real.server_process import ServerProcess
from feedrank.stack import StackSettings, stack
from generation.manifest import Manifest
from generation.publish import current
from generation.trusted_keys import SigningKey
from serving.access.caller_tokens import issue_token
from serving.access.roles import Role

TOKEN_S = 86_400


@dataclass(frozen=True, slots=True)
class Servers:
    """What runs.

    Attributes:
        address: Of `GetFeed`.
        tokens: By name of caller.
        process_ids: All of our own processes.
    """

    address: str
    tokens: dict[str, str]
    process_ids: list[int]


@contextmanager
def embedded(generations: Path, **variables: str) -> Iterator[Servers]:
    """One process with everything."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        tokens, key_file = _callers(home)
        [port] = free_ports(1)
        given = {"FEEDRANK_CALLER_KEYS": str(key_file)} | variables
        server = EmbeddedProcess(generations.absolute(), home, port, **given)
        server.start()
        try:
            yield Servers(server.address, tokens, [server.process_id])
        finally:
            server.stop()


@contextmanager
def distributed(generations: Path, **variables: str) -> Iterator[Servers]:
    """One process per service, with a Kafka and a Redis of its own."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        tokens, key_file = _callers(home)
        [port] = free_ports(1)
        shards = Manifest.read(current(generations)).shard_count
        given = {"FEEDRANK_FEED_ASSEMBLY__CALLER_KEYS": str(key_file)} | variables
        started = stack(StackSettings(generations, home, port, shards, variables=given))
        try:
            for store in started.stores:
                store.start()
            with ThreadPoolExecutor() as pool:
                list(pool.map(ServerProcess.start, started.services))
            ids = [service.process_id for service in started.services]
            yield Servers(f"127.0.0.1:{port}", tokens, ids)
        finally:
            for process in reversed([*started.stores, *started.services]):
                process.stop()


def _callers(home: Path) -> tuple[dict[str, str], Path]:
    """Tokens of two callers, and the file of keys that makes a server trust them."""
    key = SigningKey.make(home / "caller.key")
    key_file = home / "trusted.keys"
    key_file.write_text(f"{key.trusted_line}\n")
    expires_s = round(time.time()) + TOKEN_S
    names = ("one", "other")
    tokens = {name: issue_token(key, name, [Role.VIEWER_FACING], expires_s) for name in names}
    return tokens, key_file


def busy_load() -> float:
    """How many processes wanted a processor lately, per processor: above 1, others disturb."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)
