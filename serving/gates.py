"""Which gates a server has, and in what order a call meets them."""

from collections.abc import Sequence

from serving.access.open_access_gate import open_access_gate
from serving.admission.admission_gate import AdmissionGate
from serving.gate import Call as Call
from serving.gate import Gate as Gate
from serving.metrics_recorder import Metrics
from serving.settings import CommonSettings


def gates_of(settings: CommonSettings, metrics: Metrics) -> Sequence[Gate]:
    """The gates of a server, outermost first."""
    access = open_access_gate(settings, metrics)
    admission = AdmissionGate(settings, metrics) if settings.admission else None
    return tuple(gate for gate in (access, admission) if gate is not None)
