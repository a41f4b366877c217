"""One of our own services as a child process, configured by its environment."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from feedrank.real.server_process import ServerProcess
from serving.tls import channel_credentials

HEALTH_TIMEOUT_S = 1.0
SILENCE = (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE)


class ServiceProcess(ServerProcess):
    """`python -m MODULE` with FEEDRANK_… variables; it answers once its health says SERVING.

    Args:
        name: What people call it, for example `ann_shards-0`; names its log, too.
        module: For example `ann_shards.main`.
        variables: Settings beyond the port, by variable name.
    """

    start_seconds = 600.0
    """The first start of an installation compiles loops, and catches up with the bus."""

    def __init__(
        self, name: str, module: str, folder: Path, port: int, variables: Mapping[str, str]
    ) -> None:
        super().__init__(folder, port)
        self.name = name
        self._module = module
        self._variables = {**variables, "FEEDRANK_PORT": str(port)}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _prepare(self) -> Sequence[str]:
        return [sys.executable, "-m", self._module]

    def _environment(self) -> Mapping[str, str]:
        # Settings of the caller's own environment would reach services they are not meant for.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("FEEDRANK_")}
        return {**inherited, **self._variables}

    def is_alive(self) -> bool:
        """Any answer counts: one that drains, or refuses, is no reason to kill it."""
        try:
            self._health()
        except grpc.RpcError as error:
            return error.code() not in SILENCE
        return True

    def _answers(self) -> bool:
        try:
            return bool(self._health() == health_pb2.HealthCheckResponse.SERVING)
        except grpc.RpcError:
            return False

    def _health(self) -> int:
        with self._channel() as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=HEALTH_TIMEOUT_S)
        return int(answer.status)

    def _channel(self) -> grpc.Channel:
        """Showing the certificate of the service itself, where it has one."""
        files = (self._file("AUTHORITY"), self._file("KEY"), self._file("CERTIFICATE"))
        credentials = channel_credentials(*files)
        if credentials is None:
            return grpc.insecure_channel(self.address)
        return grpc.secure_channel(self.address, credentials)

    def _file(self, name: str) -> Path | None:
        own = f"FEEDRANK_{self._module.partition('.')[0].upper()}__TLS_{name}"
        path = self._variables.get(own) or self._variables.get(f"FEEDRANK_TLS_{name}")
        return Path(path) if path else None
