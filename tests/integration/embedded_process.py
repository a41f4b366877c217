"""`feedrank serve` as a child process, to be killed and started again at will."""

from collections.abc import Sequence
from pathlib import Path

from feedrank.real.ports import free_ports
from feedrank.service_process import ServiceProcess


class EmbeddedProcess(ServiceProcess):
    """The embedded server; what it must remember lies in `home` and outlives it.

    Args:
        settings: Further settings, for example `allow_as_of="true"`.
    """

    def __init__(self, generations: Path, home: Path, **settings: str) -> None:
        variables = {f"FEEDRANK_{name.upper()}": value for name, value in settings.items()}
        variables["FEEDRANK_GENERATIONS"] = str(generations)
        variables["FEEDRANK_HOME"] = str(home)
        [port] = free_ports(1)
        super().__init__("embedded", "feedrank.main", home.parent / "logs", port, variables)

    def _prepare(self) -> Sequence[str]:
        return [*super()._prepare(), "serve"]
