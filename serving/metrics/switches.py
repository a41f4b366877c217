"""What people have switched off."""

from serving.metrics.metric import Metric

SWITCHED_OFF = Metric(
    "feedrank_switched_off_open", "gauge", ("switch",), "1 for what is switched off here"
)
SWITCH_FILES = Metric(
    "feedrank_switch_files_total",
    "counter",
    ("outcome",),
    "changed files of switches that were taken or refused",
)
RUNG_FORCED = Metric(
    "feedrank_rung_forced_open", "gauge", (), "rung that everybody is held to, 0 for none"
)
MODEL_SUSPENDED = Metric(
    "feedrank_model_suspended_open",
    "gauge",
    ("model",),
    "1 for a model left out because too many of its scores were unusable",
)
