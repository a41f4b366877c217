"""A deployment as the child of one process, so that others can measure it as one tree.

    python -m benchmarks.speed.held embedded|distributed GENERATIONS

Prints where it is as one line of JSON and ends when its standard input does.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks.speed.deployments import DEPLOYMENTS, WIDE_GATE
from benchmarks.speed.servers import Servers

STOP_S = 60.0


@contextmanager
def held(name: str, generations: Path) -> Iterator[tuple[int, Servers]]:
    """The process that holds a deployment, by its id, and what it holds."""
    command = [sys.executable, "-m", "benchmarks.speed.held", name, str(generations)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a child without pipes")
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{name} did not start")
        yield process.pid, Servers(**json.loads(line))
    finally:
        process.stdin.close()
        process.wait(STOP_S)
        process.stdout.close()


if __name__ == "__main__":
    with DEPLOYMENTS[sys.argv[1]](Path(sys.argv[2]), **WIDE_GATE) as servers:
        print(json.dumps(asdict(servers)), flush=True)
        sys.stdin.read()
