"""Who was refused, and how the secrets of a process are."""

from serving.metrics.metric import Metric

ACCESS_REFUSED = Metric(
    "feedrank_access_refused_total",
    "counter",
    ("cause",),
    "calls refused: no_identity, bad_token or no_role",
)
SECRET_RELOADS = Metric(
    "feedrank_secret_reloads_total",
    "counter",
    ("files", "outcome"),
    "changed certificates and keys that were taken or refused",
)

CERTIFICATE_REMAINING = Metric(
    "feedrank_certificate_remaining_ms",
    "level",
    (),
    "until the certificate in use expires; below 0 it has",
)
