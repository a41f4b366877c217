"""The rendered chart, held against our services: what it starts, names, mounts and lets through."""

import re
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from ann_shards.settings import AnnShardSettings
from candidate_gen.settings import CandidateGenSettings
from feed_assembly.settings import FeedAssemblySettings
from serving import probes
from serving.bus.kafka_address import KafkaAddress
from serving.server import CLOSE_TIMEOUT_S
from serving.settings import CommonSettings
from serving.settings_loading import SERVICES
from serving.switches.switch_file import SwitchFile
from tests.deploy import helm
from tests.deploy.cluster import Cluster, Workload, matches
from tests.deploy.command_lines import check_command
from tests.deploy.process_settings import settings_class, settings_of

NOT_OF_KUBERNETES = {"Certificate", "PodMonitor", "PrometheusRule"}
LONGEST_CLOSING = 6
"""Resources that one service closes after its last call."""


@pytest.fixture(scope="module", params=sorted(helm.VALUES))
def cluster(request: pytest.FixtureRequest) -> Cluster:
    return Cluster(helm.manifests(helm.rendered(request.param)))


@pytest.fixture(scope="module")
def settings(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, CommonSettings]:
    """Of the first pod of every workload."""
    root = tmp_path_factory.mktemp("root")
    return {
        name: settings_of(each.module, each.variables(), root / name)
        for name, each in cluster.workloads.items()
    }


@pytest.mark.parametrize("name", sorted(helm.VALUES))
def test_what_is_tested_was_rendered_from_the_chart_as_it_is(name):
    assert helm.kept_hash(name) == helm.chart_hash(), "run python -m tests.deploy.helm"


def test_kubernetes_takes_every_object(cluster):
    for each in cluster.manifests:
        if each["kind"] not in NOT_OF_KUBERNETES:
            kubernetes_validate.validate(each, helm.KUBERNETES, strict=True)


def test_every_service_runs(cluster, settings):
    assert {each.module for each in cluster.workloads.values()} == {f"{s}.main" for s in SERVICES}
    assert len(settings) == len(cluster.workloads)


def test_every_replica_has_settings_that_it_starts_with(cluster, tmp_path):
    for each in cluster.workloads.values():
        if "FEEDRANK_REPLICA" in each.variables():
            count = each.spec["replicas"]
            found = [settings_of(each.module, each.variables(n), tmp_path) for n in range(count)]
            assert [one.replica for one in found] == list(range(count))
            assert {one.replicas for one in found} == {count}


def test_those_that_own_partitions_are_numbered(cluster):
    numbered = {e.module for e in cluster.workloads.values() if "FEEDRANK_REPLICA" in e.variables()}
    owning = {
        f"{s}.main" for s in SERVICES if "replicas" in settings_class(f"{s}.main").model_fields
    }
    assert numbered == owning
    assert all(e.kind == "StatefulSet" for e in cluster.workloads.values() if e.module in owning)


def test_containers_open_the_ports_that_services_listen_on(cluster, settings):
    for name, each in cluster.workloads.items():
        ports = {port["name"]: port["containerPort"] for port in each.container["ports"]}
        assert ports == {"grpc": settings[name].port, "metrics": settings[name].metrics_port}


async def test_probes_ask_for_pages_that_there_are_and_wait_longer_than_those_take(
    cluster, settings
):
    pages = probes.probes(lambda: True)
    for name, each in cluster.workloads.items():
        for kind, longest_s in (
            ("startupProbe", probes.LIVE_S),
            ("livenessProbe", probes.LIVE_S),
            ("readinessProbe", probes.READY_S),
        ):
            probe = each.container[kind]
            assert probe["httpGet"]["path"] in pages
            assert probe["httpGet"]["port"] == "metrics"
            assert probe["httpGet"]["scheme"] == (
                "HTTPS" if settings[name].metrics_over_tls else "HTTP"
            )
            assert probe["timeoutSeconds"] > longest_s
        assert each.container["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert each.container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def called(settings: CommonSettings) -> dict[str, list[str]]:
    """Addresses by the service behind them."""
    if isinstance(settings, CandidateGenSettings):
        return {
            "ann_shards": list(settings.shard_addresses),
            "social_graph": [settings.graph_address],
            "ranker": [settings.ranker_address],
        }
    if isinstance(settings, FeedAssemblySettings):
        return {"candidate_gen": [settings.candidate_address]}
    return {}


def test_who_is_called_is_there_knows_the_caller_and_may_be_reached(cluster, settings):
    workloads = cluster.workloads
    for caller, own in settings.items():
        known_as = cluster.names_in_certificate(workloads[caller])
        for service, addresses in called(own).items():
            for address in addresses:
                reached = cluster.behind(address)
                assert [each.module for each in reached] == [f"{service}.main"]
                [target] = reached
                host = address.removeprefix("dns:///").partition(":")[0]
                assert host in cluster.names_in_certificate(target)
                roles = [settings[target.name].callers.get(name, ()) for name in known_as]
                assert any("internal" in granted for granted in roles)
                assert cluster.may_reach(workloads[caller], target, "grpc")


def test_nobody_else_may_reach_an_inner_service(cluster, settings):
    workloads = cluster.workloads
    for caller in workloads.values():
        wanted = {
            each.name
            for addresses in called(settings[caller.name]).values()
            for address in addresses
            for each in cluster.behind(address)
        }
        allowed = {t.name for t in workloads.values() if cluster.may_reach(caller, t, "grpc")}
        assert allowed == wanted


def test_only_prometheus_may_read_metrics(cluster):
    workloads = list(cluster.workloads.values())
    assert not any(cluster.may_reach(a, b, "metrics") for a in workloads for b in workloads)


def test_certificates_are_for_the_names_that_services_insist_on(cluster, settings):
    for name, each in cluster.workloads.items():
        if cluster.all("Certificate") or settings[name].tls_name == name:
            assert settings[name].tls_name in cluster.names_in_certificate(each)


def test_all_shards_are_held_by_one_group_and_one_process_counts(cluster, settings):
    shards = {n: s for n, s in settings.items() if isinstance(s, AnnShardSettings)}
    counting = [name for name, own in shards.items() if own.aggregate_counters]
    assert [cluster.workloads[name].spec["replicas"] for name in counting] == [1]
    held = [n for name, own in shards.items() if name not in counting for n in own.shards]
    assert sorted(held) == list(range(len(held)))


def files_of(each: Workload) -> set[str]:
    found = each.variables()
    named = {path for path in found.values() if path.startswith("/")}
    return named | files_of_bus(found["FEEDRANK_BUS"])


def files_of_bus(address: str) -> set[str]:
    bus = KafkaAddress.parse(address)
    paths = (bus.authority, bus.certificate, bus.key, bus.password_file)
    return {str(path) for path in paths if path is not None}


def test_every_file_that_is_named_lies_in_a_volume(cluster):
    for each in cluster.workloads.values():
        mounts = [mount["mountPath"] for mount in each.container["volumeMounts"]]
        for path in files_of(each):
            assert any(Path(path).is_relative_to(mount) for mount in mounts), path
        claimed = {claim["metadata"]["name"] for claim in each.spec.get("volumeClaimTemplates", [])}
        volumes = {volume["name"] for volume in each.pod["volumes"]} | claimed
        assert {mount["name"] for mount in each.container["volumeMounts"]} == volumes


def test_what_the_nightly_export_needs_of_a_secured_bus_is_mounted(cluster):
    for job in cluster.all("CronJob").values():
        pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        [export] = pod["initContainers"]
        address = export["args"][export["args"].index("--bus") + 1]
        mounts = [mount["mountPath"] for mount in export["volumeMounts"]]
        for path in files_of_bus(address):
            assert any(Path(path).is_relative_to(mount) for mount in mounts), path
        assert {m["name"] for m in export["volumeMounts"]} <= {v["name"] for v in pod["volumes"]}


def test_network_policies_let_services_out_to_the_bus(cluster):
    for each in cluster.workloads.values():
        servers = KafkaAddress.parse(each.variables()["FEEDRANK_BUS"]).servers.split(",")
        ports = {int(server.rpartition(":")[2]) for server in servers}
        opened = {
            port["port"]
            for policy in cluster.all("NetworkPolicy").values()
            if matches({"selector": policy["spec"]["podSelector"]}, each)
            for rule in policy["spec"]["egress"]
            for port in rule["ports"]
        }
        assert ports <= opened


def test_only_its_home_and_tmp_can_be_written_to(cluster):
    for each in cluster.workloads.values():
        assert each.container["securityContext"]["readOnlyRootFilesystem"]
        writable = {m["name"] for m in each.container["volumeMounts"] if not m.get("readOnly")}
        assert writable == {"home", "tmp"}
        assert each.pod["securityContext"]["runAsNonRoot"]


def test_only_the_graph_keeps_its_home(cluster):
    keeping = [e.module for e in cluster.workloads.values() if e.spec.get("volumeClaimTemplates")]
    assert keeping == ["social_graph.main"]


def test_services_are_given_the_time_they_take_to_stop(cluster, settings):
    for name, each in cluster.workloads.items():
        own = settings[name]
        longest = own.unhealthy_wait_s + own.drain_s + LONGEST_CLOSING * CLOSE_TIMEOUT_S
        assert each.pod["terminationGracePeriodSeconds"] > longest


def test_each_component_loses_one_pod_at_a_time(cluster):
    budgets = [each["spec"] for each in cluster.all("PodDisruptionBudget").values()]
    for each in cluster.workloads.values():
        [budget] = [budget for budget in budgets if matches(budget, each)]
        assert budget["maxUnavailable"] == 1


def test_only_the_ranker_is_scaled_by_load(cluster):
    scaled = cluster.all("HorizontalPodAutoscaler").values()
    assert {each["spec"]["scaleTargetRef"]["name"] for each in scaled} <= {"feedrank-ranker"}
    for each in scaled:
        target = cluster.workloads[each["spec"]["scaleTargetRef"]["name"]]
        assert target.kind == each["spec"]["scaleTargetRef"]["kind"]
        assert "replicas" not in target.spec  # else every upgrade would undo it


def test_prometheus_finds_every_service_under_the_name_that_up_gives_it(cluster):
    monitors = [each["spec"] for each in cluster.all("PodMonitor").values()]
    for name, each in cluster.workloads.items():
        service = each.labels["feedrank.io/service"]
        group = re.search(r"-(\d+)$", name)
        expected = each.module.removesuffix(".main") + (group[0] if group else "")
        assert service == ("counters" if name.endswith("-counters") else expected)
        if monitors:
            [monitor] = [monitor for monitor in monitors if matches(monitor, each)]
            assert each.labels[monitor["jobLabel"]] == "feedrank"
            [endpoint] = monitor["podMetricsEndpoints"]
            assert endpoint["tlsConfig"]["serverName"] in cluster.names_in_certificate(each)


def test_the_switches_can_be_read(cluster, settings, tmp_path):
    [text] = [
        each["data"]["switches.toml"]
        for name, each in cluster.all("ConfigMap").items()
        if name.endswith("-switches")
    ]
    (tmp_path / "switches.toml").write_text(text)
    assert set(SwitchFile.read(tmp_path / "switches.toml").off) == set(
        tomllib.loads(text).get("off", {})
    )
    assert {Path(own.switches).name for own in settings.values()} == {"switches.toml"}


def command_lines(job: dict[str, Any]) -> list[list[str]]:
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    lines = []
    for container in [*pod["initContainers"], *pod["containers"]]:
        words = container["args"]
        if words[0] == "sh":
            words = words[2].removeprefix("exec ").replace('"', "").split()
            words = [word for word in words if word not in ("-u", "+%F)")]  # of `$(date -u +%F)`
        lines.append(words)
    return lines


def test_the_nightly_build_says_what_the_command_understands(cluster):
    for job in cluster.all("CronJob").values():
        lines = command_lines(job)
        assert [line[:2] for line in lines] == [["feedrank", "export"], ["feedrank", "build"]]
        for line in lines:
            check_command(line[1:])
        [shards] = [lines[1][n + 1] for n, word in enumerate(lines[1]) if word == "--shards"]
        held = [
            s for e in cluster.workloads.values() for s in e.variables().get("FEEDRANK_SHARDS", "")
        ]
        assert int(shards) == 1 + max(int(digit) for digit in held if digit.isdigit())


def test_every_value_has_its_place_in_the_schema_and_back():
    schema = yaml.safe_load((helm.CHART / "values.schema.json").read_text())
    values = yaml.safe_load((helm.CHART / "values.yaml").read_text())

    def compare(at: str, described: dict[str, Any], given: dict[str, Any]) -> None:
        known = set(described["properties"]) - {"global"}
        assert known == set(given), at
        for name in known:
            inner = described["properties"][name]
            if "properties" in inner:
                compare(f"{at}.{name}", inner, given[name])

    compare("values", {**schema, "properties": schema["properties"]}, values)
