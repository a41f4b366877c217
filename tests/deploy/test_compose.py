"""What compose.yaml says of our services, held against the services themselves."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from ann_shards.settings import AnnShardSettings
from candidate_gen.settings import CandidateGenSettings
from feed_assembly.settings import FeedAssemblySettings
from serving.bus.kafka_address import KafkaAddress
from serving.replicas.addresses import parse_addresses
from serving.server import CLOSE_TIMEOUT_S
from serving.settings import CommonSettings
from serving.settings_loading import SERVICES, SettingsError
from tests.deploy.command_lines import check_command
from tests.deploy.process_settings import settings_of

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "deploy" / "compose"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICE: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICE.items() if service.get("command", [""])[0] == "python"]
LONGEST_CLOSING = 6
"""Resources that one service closes after its last call."""


def module(name: str) -> str:
    python, flag, found = SERVICE[name]["command"]
    assert (python, flag) == ("python", "-m")
    return str(found)


def mounted(name: str, target: str) -> dict[str, Any]:
    [mount] = [each for each in SERVICE[name]["volumes"] if each["target"] == target]
    return mount


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CommonSettings]:
    root = tmp_path_factory.mktemp("root")
    return {name: settings_of(module(name), SERVICE[name]["environment"], root) for name in OURS}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run([FOLDER / "certificates.sh", folder], check=True, timeout=60)
    return folder


def names_in(certificate: Path) -> tuple[str, set[str]]:
    """Common name and DNS names."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    [common] = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return str(common.value), set(alternatives.get_values_for_type(x509.DNSName))


def test_every_service_runs(settings):
    assert {module(name).removesuffix(".main") for name in OURS} == set(SERVICES)
    assert sorted(settings) == sorted(OURS)


def test_a_variable_nobody_reads_would_be_found(tmp_path):
    variables = SERVICE["ranker"]["environment"] | {"FEEDRANK_DRAIN": "3"}
    with pytest.raises(SettingsError, match="FEEDRANK_DRAIN: unknown setting"):
        settings_of("ranker.main", variables, tmp_path)


def test_bus_state_and_clock_are_shared(settings):
    assert {(s.bus, s.state) for s in settings.values()} == {
        ("kafka://kafka:9092", "redis://redis:6379/0")
    }
    assert {mounted(name, "/home/feedrank")["source"] for name in OURS} == {"home"}


def test_another_bus_is_named_to_every_service_with_its_files(tmp_path):
    other = yaml.safe_load((FOLDER / "secured-bus.yaml").read_text())["services"]
    assert set(other) == {*OURS, "operator"}
    text = (FOLDER / "secured-bus.yaml").read_text()
    [address] = re.findall(r"export BUS='(.*)'", text)
    for name in OURS:
        [mount] = other[name]["volumes"]
        assert (mount["target"], mount["read_only"]) == ("/keys/bus", True)
        assert other[name]["environment"]["FEEDRANK_BUS"].startswith("${BUS:?")
        variables = SERVICE[name]["environment"] | {"FEEDRANK_BUS": address}
        bus = KafkaAddress.parse(settings_of(module(name), variables, tmp_path / name).bus)
        for path in (bus.authority, bus.password_file):
            assert path is not None
            assert path.is_relative_to(mount["target"])


def test_generations_are_read_only():
    assert all(mounted(name, "/generations")["read_only"] for name in OURS)


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


def test_who_is_called_is_there_by_that_name_and_lets_the_caller_in(settings, certificates):
    calls = 0
    for caller, own in settings.items():
        caller_name, _ = names_in(
            certificates / mounted(caller, "/tls")["volume"]["subpath"] / "tls.crt"
        )
        for service, addresses in called(own).items():
            for address in (one for each in addresses for one in parse_addresses(each).listed):
                host, port = address.rsplit(":", 1)
                assert module(host) == f"{service}.main"
                assert settings[host].port == int(port)
                folder = certificates / mounted(host, "/tls")["volume"]["subpath"]
                assert host in names_in(folder / "tls.crt")[1]
                assert "internal" in settings[host].callers[caller_name]
                calls += 1
    assert calls == 2 + 1 + 1 + 2


def test_certificates_are_for_the_names_that_services_insist_on(settings, certificates):
    for name, own in settings.items():
        folder = certificates / mounted(name, "/tls")["volume"]["subpath"]
        assert own.tls_name in names_in(folder / "tls.crt")[1]
        for each in (own.tls_certificate, own.tls_key, own.tls_authority):
            assert (folder / each.name).exists()


def test_callers_that_are_named_have_certificates(settings, certificates):
    made = {names_in(path)[0] for path in certificates.glob("*/tls.crt")}
    assert {name for own in settings.values() for name in own.callers} <= made


def test_all_shards_are_held_once_and_one_process_counts(settings):
    shards = [own for own in settings.values() if isinstance(own, AnnShardSettings)]
    held = [number for own in shards for number in own.shards]
    assert sorted(held) == list(range(len(held)))
    assert Counter(own.aggregate_counters for own in shards)[True] == 1
    built = SERVICE["build"]["command"]
    assert int(built[built.index("--shards") + 1]) == len(held)


@pytest.mark.parametrize("service", ["feed_assembly", "candidate_gen"])
def test_replicas_are_numbered_and_know_how_many_they_are(settings, service):
    replicas = [own for name, own in settings.items() if module(name) == f"{service}.main"]
    assert sorted(own.replica for own in replicas) == list(range(len(replicas)))
    assert {own.replicas for own in replicas} == {len(replicas)}


def test_only_loopback_is_open_and_every_port_leads_to_one_that_listens(settings):
    for name, service in SERVICE.items():
        for port in service.get("ports", []):
            host, _, inside = port.split(":")
            assert host == "127.0.0.1"
            if name in settings:
                assert int(inside) == settings[name].port


def test_services_are_given_the_time_they_take_to_stop(settings):
    for name, own in settings.items():
        grace_s = int(SERVICE[name]["stop_grace_period"].removesuffix("s"))
        assert grace_s > own.unhealthy_wait_s + own.drain_s + LONGEST_CLOSING * CLOSE_TIMEOUT_S


def test_prometheus_finds_every_service_under_the_name_that_up_gives_it(settings):
    scraped = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    [job] = scraped["scrape_configs"]
    assert job["job_name"] == "feedrank"
    targets = {config["targets"][0]: config["labels"] for config in job["static_configs"]}
    assert set(targets) == {f"{name}:{own.metrics_port}" for name, own in settings.items()}
    for target, labels in targets.items():
        name = target.partition(":")[0]
        service = module(name).removesuffix(".main")
        number = f"-{settings[name].shards[0]}" if service == "ann_shards" else ""
        assert labels["service"] == service + number
    assert len({labels["process"] for labels in targets.values()}) == len(targets)
    observe = REPOSITORY / "deploy" / "observe"
    assert all((observe / rules).exists() for rules in scraped["rule_files"])


def test_kafka_is_set_up_as_the_one_of_the_tests():
    mine = SERVICE["kafka"]["environment"]
    properties = (REPOSITORY / "deploy" / "real" / "server.properties").read_text()
    for line in re.findall(r"^[a-z].*=.*$", properties, re.MULTILINE):
        name, value = line.split("=", 1)
        variable = f"KAFKA_{name.upper().replace('.', '_')}"
        assert variable in mine, f"{name} is not set"
        if "{" not in value:
            assert mine[variable] == value


def test_redis_is_set_up_as_the_one_of_the_tests():
    words = SERVICE["redis"]["command"][1:]
    mine = {
        name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)
    }
    theirs = dict(
        line.split(" ", 1)
        for line in (REPOSITORY / "deploy" / "real" / "redis.conf").read_text().splitlines()
        if line and not line.startswith("#")
    )
    own = {"port", "dir", "bind", "daemonize", "protected-mode"}  # a container is its own machine
    expected = {name: value.strip('"') for name, value in theirs.items() if name not in own}
    expected["appendonly"] = "yes"
    assert mine == expected | {"protected-mode": "no"}


def test_files_that_are_mounted_and_built_from_are_there():
    for service in SERVICE.values():
        for mount in service.get("volumes", []):
            source = mount["source"] if isinstance(mount, dict) else mount.split(":")[0]
            is_file = source.startswith(".")
            assert not is_file or (FOLDER / source).exists(), source
            assert is_file or source.startswith("${") or source in COMPOSE["volumes"], source
        if "build" in service:
            context = (FOLDER / service["build"]["context"]).resolve()
            assert context == REPOSITORY
            assert (context / service["build"]["dockerfile"]).exists()


def test_command_lines_are_understood():
    check_command(SERVICE["build"]["command"][1:])
    script = (FOLDER / "certificates.sh").read_text()
    [rotate] = re.findall(r"^\s*feedrank (.*)$", script, re.MULTILINE)
    check_command(rotate.replace('"', "").split())


def test_lists_and_tables_in_variables_are_json():
    for name in OURS:
        for value in SERVICE[name]["environment"].values():
            assert isinstance(value, str)
            if value.startswith(("[", "{")):
                json.loads(value)


def test_the_health_check_is_in_the_image_and_ends_in_time():
    check = SERVICE["ranker"]["healthcheck"]
    script = Path(check["test"][-1])
    copied = (REPOSITORY / "deploy" / "docker" / "Dockerfile").read_text()
    assert f"deploy/docker/{script.name} {script.parent}/" in copied
    [timeout] = re.findall(r"timeout=(\d+)", (REPOSITORY / "deploy/docker/ready.py").read_text())
    assert int(timeout) < int(check["timeout"].removesuffix("s"))
