"""Load by ghz: raw messages from a file, percentiles from the details of every call."""

import json
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[attr-defined]

GET_FEED = ("feed", "feedrank.v1.FeedService/GetFeed")
SEARCH = ("ann_shard", "feedrank.v1.AnnShardService/Search")
"""The file of protos/ and the method in it."""

PROTOS = Path(__file__).parents[2]
CONNECTIONS = 4
TIMEOUT = "5s"
SLACK_S = 60.0


class NoGhzError(RuntimeError):
    """The load generator is not installed."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run saw.

    Attributes:
        ms: Of calls that were answered.
        refused, errors: Calls that the server turned away, and calls that failed otherwise.
        wall_s: From the first call to the last answer.
        client_cpu_ms: Of the load generator, per call.
    """

    ms: Sequence[float]
    refused: int
    errors: int
    wall_s: float
    client_cpu_ms: float

    @property
    def rate(self) -> float:
        return len(self.ms) / self.wall_s

    def percentile(self, share: float) -> float:
        return round(float(np.percentile(self.ms, share)), 2) if self.ms else float("nan")


def closed_loop(
    port: int,
    messages: Sequence[bytes],
    concurrency: int,
    seconds: float | None,
    method: tuple[str, str] = GET_FEED,
) -> Load:
    """Each of so many callers asks again as soon as it is answered.

    Args:
        messages: In turn; ghz begins again where they end.
        seconds: How long; `None` until each message was asked once.
    """
    options = ["-c", str(concurrency), "--connections", str(min(concurrency, CONNECTIONS))]
    return _run(port, method, messages, options, seconds)


def open_loop(port: int, messages: Sequence[bytes], rate: float, seconds: float) -> Load:
    """Calls on a schedule that does not wait for answers.

    Args:
        messages: More than `rate * seconds`: ghz begins again where they end.
    """
    options = ["--async", "--rps", str(max(1, round(rate))), "-c", "256"]
    return _run(port, GET_FEED, messages, [*options, "--connections", str(CONNECTIONS)], seconds)


def _run(
    port: int,
    method: tuple[str, str],
    messages: Sequence[bytes],
    options: list[str],
    seconds: float | None,
) -> Load:
    program = shutil.which("ghz")
    if program is None:
        raise NoGhzError("ghz is not on PATH: it is one file, see https://ghz.sh/docs/install")
    with tempfile.TemporaryDirectory() as folder:
        binary, output = Path(folder) / "messages", Path(folder) / "details.json"
        binary.write_bytes(b"".join(_VarintBytes(len(one)) + one for one in messages))
        command = [program, "--insecure", "--call", method[1], "--import-paths", str(PROTOS)]
        command += [
            "--proto",
            str(PROTOS / f"protos/{method[0]}.proto"),
            "--binary-file",
            str(binary),
        ]
        command += ["--disable-template-functions", "--disable-template-data", "-t", TIMEOUT]
        if seconds is None:
            command += ["-n", str(len(messages))]
        else:  # with a duration it would not stop at a number
            command += ["-x", f"{seconds:.1f}s", "--duration-stop", "wait"]
        command += ["-O", "json", "-o", str(output), *options, f"127.0.0.1:{port}"]
        before = _children_cpu_s()
        limit_s = (seconds or 0.0) + SLACK_S
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s)
        spent_s = _children_cpu_s() - before
        if done.returncode:
            raise RuntimeError(f"ghz failed: {done.stderr.strip()}")
        report = json.loads(output.read_text())
    details = report["details"] or []
    ms = [call["latency"] / 1e6 for call in details if call["status"] == "OK"]
    refused = sum(call["status"] == "ResourceExhausted" for call in details)
    failed = len(details) - len(ms) - refused
    client_cpu_ms = 1e3 * spent_s / max(1, len(details))
    return Load(ms, refused, failed, report["total"] / 1e9, client_cpu_ms)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
