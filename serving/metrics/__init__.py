"""Every metric of every service, each written once in the file of its concept.

Durations are in milliseconds, as everywhere here. Labels have few values: never an id.
"""

from serving.metrics.admission import *  # noqa: F403
from serving.metrics.calls import *  # noqa: F403 - so that a new metric is one definition
from serving.metrics.feeds import *  # noqa: F403
from serving.metrics.metric import Metric as Metric
from serving.metrics.processes import *  # noqa: F403
from serving.metrics.replicas import *  # noqa: F403
from serving.metrics.security import *  # noqa: F403
from serving.metrics.stages import *  # noqa: F403
from serving.metrics.state import *  # noqa: F403
from serving.metrics.streams import *  # noqa: F403
from serving.metrics.switches import *  # noqa: F403
from serving.metrics.traces import *  # noqa: F403

METRICS = tuple(value for value in dict(globals()).values() if isinstance(value, Metric))
