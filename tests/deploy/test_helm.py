"""What helm itself says of the chart. Skipped where there is none: what it renders is kept, and
`test_chart.py` fails when the chart was changed since."""

import re

import pytest
import yaml

from tests.deploy import helm
from tests.deploy.rules import rules

pytestmark = pytest.mark.skipif(helm.helm() is None, reason="helm is not installed")


def test_helm_finds_nothing_to_fault():
    for path in helm.VALUES.values():
        found = helm.run("lint", str(helm.CHART), "--strict", *(["-f", str(path)] if path else []))
        assert "0 chart(s) failed" in found


@pytest.mark.parametrize("name", sorted(helm.VALUES))
def test_what_is_kept_is_what_helm_renders(name):
    assert helm.manifests(helm.render(name)) == helm.manifests(helm.rendered(name))


def test_rules_and_dashboard_arrive_as_they_are():
    more = ["--set=metrics.prometheusRule.enabled=true", "--set=metrics.dashboard.enabled=true"]
    found = helm.manifests(helm.render("plain", *more))
    [rule] = [each for each in found if each["kind"] == "PrometheusRule"]
    sent = [rule for group in rule["spec"]["groups"] for rule in group["rules"]]
    assert sent == rules("recording.yml") + rules("alerts.yml")
    [board] = [each for each in found if "feedrank.json" in each.get("data", {})]
    kept = (helm.REPOSITORY / "deploy" / "observe" / "dashboard.json").read_text()
    assert board["data"]["feedrank.json"] == kept


def test_plain_metrics_are_announced_and_probed_in_plain_text():
    found = helm.manifests(helm.render("plain", "--set=metrics.plainText=true"))
    [ranker] = [each for each in found if each["kind"] == "Deployment"]
    template = ranker["spec"]["template"]
    assert template["metadata"]["annotations"]["prometheus.io/scheme"] == "http"
    [container] = template["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["scheme"] == "HTTP"
    assert {"name": "FEEDRANK_METRICS_PLAIN_TEXT", "value": "true"} in container["env"]


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("rankr.replicas=2", "rankr"),
        ("ranker.replicas=0", "ranker[/.]replicas"),
        ("bus=redis://redis:6379", "bus"),
        ("bus=kafkas://b:9093?authority=/keys/bus/ca.crt", "set busSecret"),
        ("networkPolicy.clients=null", "clients"),
        ("variables.REPLICA=1", "REPLICA"),
        ("clock=data", "clock data needs clockOffsetMs"),
        ("feedAssembly.mutualTls=false", "set callerKeysSecret"),
        ("tls.certManager.enabled=true", "who signs"),
        ("annShards.groups[0]={0,2}", "shard 1 of 2|shard 1 of 3"),
    ],
)
def test_values_that_cannot_work_are_refused(setting, complaint):
    with pytest.raises(ValueError, match=re.compile(complaint)):
        helm.render("plain", f"--set={setting}")


def test_values_name_every_option_once():
    text = (helm.CHART / "values.yaml").read_text()
    tops = re.findall(r"^([a-zA-Z]+):", text, re.MULTILINE)
    assert tops == list(yaml.safe_load(text))
