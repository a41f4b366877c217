"""`feedrank serve` as a child process."""

import sys
from collections.abc import Sequence
from pathlib import Path

from feedrank.service_process import ServiceProcess


class EmbeddedProcess(ServiceProcess):
    """All services in one process, set up by FEEDRANK_… variables."""

    def __init__(self, generations: Path, home: Path, port: int, **variables: str) -> None:
        given = {"FEEDRANK_GENERATIONS": str(generations), "FEEDRANK_HOME": str(home)}
        super().__init__("embedded", "feedrank.main", home, port, given | variables)

    def _prepare(self) -> Sequence[str]:
        return [sys.executable, "-m", "feedrank.main", "serve"]
