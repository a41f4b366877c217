"""One cell of a table: a server under one load, what it answered and what that took."""

from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.speed.ghz import Load
from benchmarks.speed.process_costs import busy_seconds, cpu_seconds, memory_mib
from benchmarks.speed.servers import Servers

STORES = ("kafka", "redis")


def measure_cell(servers: Servers, run: Callable[[], Load]) -> dict[str, Any]:
    """Run a load; rates, milliseconds, CPU per call by process, and which pages were served."""
    answered, cpu_s, busy_s = pages_served(servers), cpu_seconds(servers.processes), busy_seconds()
    load = run()
    spent = {name: now - cpu_s[name] for name, now in cpu_seconds(servers.processes).items()}
    busy_s = busy_seconds() - busy_s
    pages = _difference(pages_served(servers), answered)
    count = max(1, len(load.ms))
    ours = sum(seconds for name, seconds in spent.items() if name not in STORES)
    others_s = busy_s - sum(spent.values()) - load.client_cpu_ms * count / 1e3
    return {
        "calls": len(load.ms),
        "refused": load.refused,
        "errors": load.errors,
        "rate": round(load.rate, 1),
        "p50_ms": load.percentile(50),
        "p99_ms": load.percentile(99),
        "p999_ms": load.percentile(99.9),
        "cpu_ms": round(1e3 * ours / count, 3),
        "cpu_ms_by_process": {n: round(1e3 * s / count, 3) for n, s in sorted(spent.items())},
        "client_cpu_ms": round(load.client_cpu_ms, 3),
        "others_cores": round(max(0.0, others_s) / load.wall_s, 2),
        "memory_mib": memory_mib(servers.processes),
        "pages": pages,
    }


def pages_served(servers: Servers) -> dict[str, float]:
    """Pages by origin, degraded ones and why, as the server counts them."""
    with urlopen(f"http://127.0.0.1:{servers.metrics_port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "feedrank_feeds_total":
                found[sample.labels["origin"]] = sample.value
            elif sample.name == "feedrank_degraded_feeds_total":
                found["degraded"] = sample.value
            elif sample.name == "feedrank_degraded_answers_total":
                found[f"because {sample.labels['reason']}"] = sample.value
    return found


def _difference(after: dict[str, float], before: dict[str, float]) -> dict[str, int]:
    changes = {name: round(value - before.get(name, 0)) for name, value in after.items()}
    return {name: change for name, change in changes.items() if change}
