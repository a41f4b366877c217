"""Writes the Grafana dashboard: `python -m deploy.observe.dashboard > FILE` (it is dashboard.json).

A panel is a few lines here and thirty in Grafana's own format, in which nobody can see a change.
"""

import json
from typing import Any

from deploy.observe.page_rows import PAGE_ROWS
from deploy.observe.panels import Panel
from deploy.observe.process_rows import PROCESS_ROWS

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24
HEIGHT = 8
ROWS = (*PAGE_ROWS, *PROCESS_ROWS)


def dashboard() -> dict[str, Any]:
    """The dashboard in Grafana's format."""
    panels: list[dict[str, Any]] = []
    top = 0
    for row in ROWS:
        panels.append(_row(row.title, len(panels) + 1, top))
        top += 1
        for number, panel in enumerate(row.panels):
            place = {
                "x": 12 * (number % 2),
                "y": top + HEIGHT * (number // 2),
                "w": 12,
                "h": HEIGHT,
            }
            panels.append(_graph(panel, len(panels) + 1, place))
        top += HEIGHT * ((len(row.panels) + 1) // 2)
    return {
        "uid": "feedrank",
        "title": "feedrank",
        "schemaVersion": 39,
        "tags": ["feedrank"],
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": [_datasource(), _service()]},
        "panels": panels,
    }


def _row(title: str, number: int, top: int) -> dict[str, Any]:
    place = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
    return {
        "id": number,
        "type": "row",
        "title": title,
        "collapsed": False,
        "gridPos": place,
        "panels": [],
    }


def _graph(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    limits = {"min": 0} if panel.most is None else {"min": 0, "max": panel.most}
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, **limits}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {
                "refId": chr(ord("A") + i),
                "datasource": DATASOURCE,
                "expr": expr,
                "legendFormat": legend,
            }
            for i, (legend, expr) in enumerate(panel.lines.items())
        ],
    }


def _datasource() -> dict[str, Any]:
    return {
        "name": "datasource",
        "type": "datasource",
        "query": "prometheus",
        "label": "Prometheus",
    }


def _service() -> dict[str, Any]:
    return {
        "name": "service",
        "type": "query",
        "datasource": DATASOURCE,
        "query": 'label_values(up{job="feedrank"}, service)',
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }


if __name__ == "__main__":
    print(json.dumps(dashboard(), indent=1))
