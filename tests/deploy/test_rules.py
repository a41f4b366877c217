"""Rules and dashboard speak of metrics that exist, and every alert says what to do."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.observe.dashboard import ROWS, dashboard
from serving.metrics import METRICS
from tests.deploy.promtool import promtool
from tests.deploy.rules import HISTOGRAM_ENDS, OBSERVE, RULES, labels_in, names_in, rules

RECORDED = rules("recording.yml")
ALERTS = rules("alerts.yml")
OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"

STANDARD = {
    "up",
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
}
"""Of Prometheus itself, and of `prometheus_client.ProcessCollector`."""

TARGET_LABELS = {"job", "instance", "service"}

GRAPHS = [
    (panel.title, expr) for row in ROWS for panel in row.panels for expr in panel.lines.values()
]
EXPRESSIONS = [
    *((rule["record"], rule["expr"]) for rule in RECORDED),
    *((rule["alert"], rule["expr"]) for rule in ALERTS),
    *GRAPHS,
]


def series() -> dict[str, set[str]]:
    """Every name there is -> its own labels."""
    found = {name: set() for name in STANDARD}
    for metric in METRICS:
        if metric.kind == "histogram":
            for end in HISTOGRAM_ENDS:
                found[metric.name + end] = {*metric.labels, *(["le"] if end == "_bucket" else [])}
        else:
            found[metric.name] = set(metric.labels)
    for rule in RECORDED:
        found[rule["record"]] = labels_in(rule["expr"])
    return found


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS, ids=lambda value: value[:40])
def test_every_series_exists_and_has_the_labels(title, expression):
    known = series()
    names = names_in(expression)
    assert names, title
    assert names <= set(known)
    labels = set().union(*(known[name] for name in names)) | TARGET_LABELS
    assert labels_in(expression) <= labels


def test_a_bound_that_is_asked_for_is_a_bucket():
    bounds = {str(bound) for metric in METRICS for bound in metric.buckets}
    asked = set(re.findall(r'le="([^"]+)"', " ".join(expression for _, expression in EXPRESSIONS)))
    assert asked == {"100.0", "0.99"}
    assert asked <= bounds


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_severity_and_a_section_that_names_it(rule):
    assert rule["labels"]["severity"] in ("page", "ticket")
    file, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert file == "docs/operating.md"
    sections = re.split(r"^#+ ", OPERATING.read_text(), flags=re.M)
    by_anchor = {_anchor(section.partition("\n")[0]): section for section in sections}
    assert f"`{rule['alert']}`" in by_anchor[anchor]


def test_no_alert_is_written_twice_and_none_is_only_in_the_document():
    names = [rule["alert"] for rule in ALERTS]
    assert len(names) == len(set(names))
    runbooks = OPERATING.read_text().partition("## Runbooks")[2]
    firsts = re.findall(r"^### .*\n((?:`[A-Z]\w+`(?:, )?)+)", runbooks, re.M)
    assert sorted(re.findall(r"`(\w+)`", " ".join(firsts))) == sorted(names)


def test_links_within_the_document_lead_somewhere():
    text = OPERATING.read_text()
    anchors = {_anchor(title) for title in re.findall(r"^#+ (.*)$", text, re.M)}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors


def test_every_degraded_reason_is_in_the_runbook():
    root = Path(__file__).parents[2]
    services = ("candidate_gen", "feed_assembly", "ranker")
    text = "".join(p.read_text() for name in services for p in (root / name).rglob("*.py"))
    reasons = set(re.findall(r'degrade\(f?"([a-z_]+)', text))
    assert len(reasons) > 5
    section = OPERATING.read_text().partition("### Pages are degraded")[2].partition("###")[0]
    assert [reason for reason in reasons if f"`{reason}" not in section] == []


def test_the_dashboard_is_the_one_that_is_generated():
    assert json.loads((OBSERVE / "dashboard.json").read_text()) == dashboard()


def test_panels_do_not_lie_over_one_another():
    taken = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken
                assert 0 <= x < 24
                taken.add((x, y))


def test_every_graph_has_lines_and_an_id_of_its_own():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        if panel["type"] != "row":
            assert panel["targets"]
            assert all(target["expr"] for target in panel["targets"])


def test_promtool_accepts_the_rules_and_the_configuration():
    files = [str(RULES / name) for name in ("recording.yml", "alerts.yml")]
    checked = subprocess.run([promtool(), "check", "rules", *files], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    configured = subprocess.run(
        [promtool(), "check", "config", str(OBSERVE / "prometheus.yml")],
        capture_output=True,
        text=True,
    )
    assert configured.returncode == 0, configured.stdout + configured.stderr


def test_every_alert_is_seen_to_fire_and_to_stay_calm():
    cases = yaml.safe_load((RULES / "tests" / "alerts.yml").read_text())["tests"]
    shown = {case["name"] for case in cases}
    alerts = [rule["alert"] for rule in ALERTS]
    assert {f"{alert} {how}" for alert in alerts for how in ("fires", "stays calm")} == shown


def test_alerts_fire_when_they_should_and_only_then():
    tested = subprocess.run(
        [promtool(), "test", "rules", "alerts.yml"],
        cwd=RULES / "tests",
        capture_output=True,
        text=True,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_graph_is_promql(tmp_path):
    asked = [
        {"record": f"graph:{number}", "expr": _as_grafana_would(expression)}
        for number, (_, expression) in enumerate(GRAPHS)
    ]
    file = tmp_path / "graphs.yml"
    file.write_text(json.dumps({"groups": [{"name": "graphs", "rules": asked}]}))
    checked = subprocess.run([promtool(), "check", "rules", file], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _as_grafana_would(expression: str) -> str:
    return expression.replace("$__rate_interval", "1m").replace("$service", ".*")


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
