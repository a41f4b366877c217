"""The metrics of one process as they are now, and how to read numbers from them."""

import http.client
import ssl
import time
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from feedrank.running_stack import RunningProcess
from serving.metrics import Metric
from serving.tls_probe import ShownFiles

TIMEOUT_S = 3.0
HTTPS = "https://"


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """One scrape.

    Attributes:
        clock_ahead_s: The process's clock minus ours, exact to a second.
    """

    process: RunningProcess
    samples: tuple[Sample, ...]
    clock_ahead_s: float = 0.0

    def of(self, metric: Metric, suffix: str = "") -> Iterator[Sample]:
        """All samples of one metric; `suffix` is that of a histogram's series."""
        name = metric.name + suffix
        return (sample for sample in self.samples if sample.name == name)

    def total(self, metric: Metric, **labels: str) -> float:
        """Sum over all samples with these labels; 0 without any."""
        return sum(
            sample.value for sample in self.of(metric) if labels.items() <= sample.labels.items()
        )

    def largest(self, metric: Metric) -> float:
        """The largest sample; 0 without any."""
        return max((sample.value for sample in self.of(metric)), default=0.0)


def read_page(process: RunningProcess, files: ShownFiles | None = None) -> MetricsPage:
    """Ask a process for its metrics.

    Args:
        files: Believed and shown where its address is `https://…`.

    Raises:
        OSError: it does not answer.
        ValueError: what it answers is no page of metrics.
    """
    url = process.metrics if "://" in process.metrics else f"http://{process.metrics}"
    if not url.endswith("/metrics"):
        url = f"{url.rstrip('/')}/metrics"
    context = _context(files or ShownFiles()) if url.startswith(HTTPS) else None
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=context) as answer:
            text, date = answer.read().decode(), answer.headers["Date"]
    except http.client.HTTPException as error:
        raise ValueError(f"{url} does not speak HTTP: {error!r}") from error
    ahead_s = parsedate_to_datetime(date).timestamp() - time.time() if date else 0.0
    return page_of(process, text, ahead_s)


def address_of(metrics: str) -> str:
    """`host:port` of what may be a URL."""
    return metrics.partition("://")[2].partition("/")[0] or metrics


def page_of(process: RunningProcess, text: str, clock_ahead_s: float = 0.0) -> MetricsPage:
    """A page from its text."""
    families = text_string_to_metric_families(text)
    samples = tuple(sample for family in families for sample in family.samples)
    return MetricsPage(process, samples, clock_ahead_s)


def _context(files: ShownFiles) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=files.authority)
    if files.certificate is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context


def names(pages: Iterable[MetricsPage]) -> str:
    """Of their processes, for people."""
    return ", ".join(sorted(page.process.name for page in pages))
