"""Opens the switches of a process, following its file from now on."""

from collections.abc import Iterable

from serving.background_tasks import BackgroundTasks
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from serving.settings import CommonSettings
from serving.switches.settings import FILE_NAME
from serving.switches.switch import Switch
from serving.switches.switches import Switches


def follow_switches(
    known: Iterable[Switch], settings: CommonSettings, metrics: Metrics, server: GrpcServer
) -> Switches:
    """Needs a running loop; see `Switches` for the arguments."""
    path = settings.switches or settings.home / FILE_NAME
    switches = Switches(known, path, metrics)
    tasks = BackgroundTasks(on_failure=lambda: server.stop_soon(1))
    server.on_close("switches", tasks.close)
    tasks.start("switches", switches.run())
    return switches
