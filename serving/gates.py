"""Which gates a server has, and in what order a call meets them."""

from collections.abc import Sequence

from serving.gate import Call as Call
from serving.gate import Gate as Gate
from serving.metrics_recorder import Metrics
from serving.settings import CommonSettings


def gates_of(settings: CommonSettings, metrics: Metrics) -> Sequence[Gate]:
    """The gates of a server, outermost first."""
    del settings, metrics
    return ()
