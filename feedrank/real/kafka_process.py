"""A real Kafka as a child process: one broker that is its own controller (KRaft)."""

import base64
import os
import socket
import struct
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from feedrank.real.java import INSTALL_COMMAND as INSTALL_JAVA
from feedrank.real.java import find_java
from feedrank.real.server_process import ServerProcess, ServerStartError
from feedrank.real.settings_file import INSTALL_COMMAND, write_settings

JVM_OPTIONS = [
    "-Xmx512m",
    # It lives for minutes, beside what it serves: the second compiler and the collector for many
    # processors take more than they ever give back. Measured at 60 messages a second: 4.5 ms of
    # processor time for each instead of 7.6 in its first 15 s, 2.7 instead of 3.8 half a minute on.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    # At `info` the reason of a failed start drowns in the lines of the shutdown that follows.
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
]
FORMAT_SECONDS = 60
# Kafka protocol: size, API key 3 (Metadata), version 1, correlation id, no client id, no topics.
ASK_FOR_BROKERS = struct.pack(">ihhihi", 14, 3, 1, 1, -1, 0)
BROKER_COUNT_ENDS = 12


def kafka_home() -> Path:
    """The folder with Kafka's jars in `libs/`: `FEEDRANK_KAFKA_HOME`, else in the user's cache."""
    given = os.environ.get("FEEDRANK_KAFKA_HOME")
    if given:
        return Path(given)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "feedrank" / "kafka-4.1.0"


def missing_for_kafka() -> str | None:
    """What this machine lacks to run Kafka and the command that gets it; `None` if nothing."""
    if find_java() is None:
        return f"Kafka needs a JDK 17 or newer; run {INSTALL_JAVA}, then {INSTALL_COMMAND}"
    if not any((kafka_home() / "libs").glob("kafka_*.jar")):
        return f"Kafka's jars are not in {kafka_home() / 'libs'}; run {INSTALL_COMMAND}"
    return None


def new_cluster_id() -> str:
    """Sixteen random bytes in URL-safe base64, the form Kafka wants.

    Never the same twice, because offsets are known by the cluster that they are of. The first byte
    keeps the id from starting with a dash, which would be read as an option.
    """
    return base64.urlsafe_b64encode(b"f" + uuid.uuid4().bytes[1:]).decode().rstrip("=")


class KafkaProcess(ServerProcess):
    """Kafka with deploy/real/server.properties. It makes no topics by itself.

    Args:
        folder: Its logs of messages, settings and log; made if absent.
        controller_port: Where it talks to itself.
    """

    name = "kafka"
    start_seconds = 600.0
    """After a crash it reads its logs first; ending it meanwhile would only make it begin again."""

    def __init__(self, folder: Path, port: int, controller_port: int) -> None:
        super().__init__(folder, port)
        self._controller_port = controller_port

    @property
    def address(self) -> str:
        return f"kafka://127.0.0.1:{self.port}"

    def _prepare(self) -> Sequence[str]:
        missing = missing_for_kafka()
        java = find_java()
        if missing or java is None:
            raise ServerStartError(missing or "no Java")
        log_folder = self.folder / "messages"
        settings = self._write_settings(log_folder)
        run_class = [java, *JVM_OPTIONS, "-cp", f"{kafka_home() / 'libs'}/*"]
        if not (log_folder / "meta.properties").exists():
            self._format_folder(run_class, settings)
        return [*run_class, "kafka.Kafka", str(settings)]

    def _write_settings(self, log_folder: Path) -> Path:
        words = {
            "port": self.port,
            "controller_port": self._controller_port,
            "log_folder": log_folder,
        }
        return write_settings("server.properties", self.folder, words)

    def _format_options(self) -> Sequence[str]:
        """What else is written into a new folder."""
        return ()

    def _format_folder(self, run_class: Sequence[str], settings: Path) -> None:
        options = ["kafka.tools.StorageTool", "format", "-t", new_cluster_id(), "-c", str(settings)]
        options += self._format_options()
        try:
            done = subprocess.run(
                [*run_class, *options], capture_output=True, text=True, timeout=FORMAT_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise ServerStartError(
                f"kafka did not format its folder in {FORMAT_SECONDS} s"
            ) from error
        if done.returncode:
            raise ServerStartError(f"kafka could not format its folder: {done.stdout}{done.stderr}")

    def _answers(self) -> bool:
        # It listens before its controller lets it serve; then it is in its own list of brokers.
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(ASK_FOR_BROKERS)
            answer = b""
            while len(answer) < BROKER_COUNT_ENDS and (more := connection.recv(4096)):
                answer += more
        if len(answer) < BROKER_COUNT_ENDS:
            return False
        (broker_count,) = struct.unpack_from(">i", answer, BROKER_COUNT_ENDS - 4)
        return bool(broker_count > 0)
