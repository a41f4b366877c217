"""Where the processes of `feedrank up` are, written below its home for who looks at them.

`stack.json` is for `feedrank doctor --live`, `targets.json` for Prometheus (`file_sd_configs`).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

STACK_FILE = "stack.json"
TARGETS_FILE = "targets.json"


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """One process.

    Attributes:
        service: What it is a replica of, for example `ann_shards-0`.
        address: Of its gRPC port, `host:port`; empty if unknown.
        metrics: Of its Prometheus port; empty if it has none.
    """

    name: str
    service: str
    address: str = ""
    metrics: str = ""


@dataclass(frozen=True, slots=True)
class RunningStack:
    """Attributes:
    bus, state: Addresses as in the settings; empty if unknown.
    """

    processes: Sequence[RunningProcess]
    bus: str = ""
    state: str = ""

    def write(self, home: Path) -> None:
        """Leave both files in `home`."""
        targets = [
            {
                "targets": [process.metrics],
                "labels": {"service": process.service, "process": process.name},
            }
            for process in self.processes
            if process.metrics
        ]
        (home / TARGETS_FILE).write_text(json.dumps(targets, indent=1))
        (home / STACK_FILE).write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, home: Path) -> "RunningStack":
        """What was left in `home`.

        Raises:
            FileNotFoundError: nothing runs there.
            ValueError: the file is damaged.
        """
        try:
            found = json.loads((home / STACK_FILE).read_text())
            processes = [RunningProcess(**process) for process in found["processes"]]
            return cls(processes, found["bus"], found["state"])
        except (TypeError, KeyError, json.JSONDecodeError) as error:
            raise ValueError(f"{home / STACK_FILE} is damaged: {error}") from error

    @staticmethod
    def forget(home: Path) -> None:
        """Nothing runs any more."""
        for name in (STACK_FILE, TARGETS_FILE):
            (home / name).unlink(missing_ok=True)
