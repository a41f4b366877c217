"""The peers' harness in the same rounds as feedrank: who is given, never who is here.

The harness is a folder that somebody names (`--peers`, or PEERS): its `run.sh` starts the peers and
measures every server in turn, ours among them, with its own client. What it makes and prints stays
in PEERS_DIR, as its README says.
"""

import json
import os
import struct
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed.cell import pages_served
from benchmarks.speed.deployments import DEPLOYMENTS
from benchmarks.speed.held import held
from benchmarks.speed.questions import Questions

METHOD = "/feedrank.v1.FeedService/GetFeed"
PEERS = ("P1 async MGET, 1 worker", "P1 async MGET, 2 workers")
PAGE_SIZE = 50
"""As many items as the peers answer."""

STORED_PAGE, STORED_VIEWERS = 12, 200
"""Few viewers come back again and again; a feed of 50 has four pages and a bit, then it is made
anew. How many pages were stored in the end is in the results."""

ROUNDS, SECONDS = 2, 3
TIMEOUT_S = 900.0


def measure_peers(harness: Path, generations: Mapping[str, Path], viewers: int) -> dict[str, Any]:
    """Rounds of peers and one deployment of ours at a time, so that both have the machine.

    Args:
        generations: What each deployment serves.

    Returns:
        By deployment: by name of server: by concurrency: medians over the rounds.

    Raises:
        RuntimeError: the harness failed.
    """
    found: dict[str, Any] = {}
    for name in DEPLOYMENTS:
        with tempfile.TemporaryDirectory() as path, held(name, generations[name]) as (pid, servers):
            questions, folder = Questions(viewers, seed=11), Path(path)
            kinds = {
                "cold": questions.cold(viewers - STORED_VIEWERS, PAGE_SIZE),
                "75 % stored": questions.cold(STORED_VIEWERS, STORED_PAGE),
            }
            extra = [
                _entry(f"{name}, {kind}", pid, servers.port, folder / f"{place}.bin", messages)
                for place, (kind, messages) in enumerate(kinds.items())
            ]
            (folder / "extra.json").write_text(json.dumps(extra))
            found[name] = _run(harness, folder / "extra.json")
            found[name]["pages"] = pages_served(servers)
    return found


def _entry(name: str, pid: int, port: int, path: Path, messages: Sequence[bytes]) -> dict[str, Any]:
    path.write_bytes(b"".join(struct.pack("<I", len(one)) + one for one in messages))
    options = ["-grpc", str(port), "-method", METHOD, "-reqs", str(path)]
    return {
        "name": name,
        "pid": pid,
        "zload": [*options, "-zipf", "0", "-users", str(len(messages))],
    }


def _run(harness: Path, extra: Path) -> dict[str, Any]:
    environment = {
        **os.environ,
        "PEERS_EXTRA": str(extra),
        "PEERS_ZIPF": "0",
        "PEERS_ROUNDS": str(ROUNDS),
        "PEERS_SECONDS": str(SECONDS),
    }
    folder = Path(environment.setdefault("PEERS_DIR", str(Path(tempfile.gettempdir()) / "peers")))
    done = subprocess.run(
        [str(harness / "run.sh"), "http", *PEERS],
        env=environment,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{harness / 'run.sh'} ended with {done.returncode}")
    medians: dict[str, Any] = json.loads((folder / "out" / "http.json").read_text())["median"]
    return medians
