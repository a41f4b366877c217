"""The objects of a rendered chart, and what is asked of them again and again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.deploy.helm import NAMESPACE, Manifest

Labels = dict[str, str]


@dataclass(frozen=True)
class Workload:
    """One Deployment or StatefulSet.

    Attributes:
        spec: Of the whole.
        pod: Spec of its pods.
    """

    name: str
    kind: str
    labels: Labels
    spec: dict[str, Any]
    pod: dict[str, Any]

    @property
    def container(self) -> dict[str, Any]:
        [container] = self.pod["containers"]
        return dict(container)

    @property
    def module(self) -> str:
        """Of the process: `ranker.main`."""
        python, flag, module = self.container["args"]
        assert (python, flag) == ("python", "-m")
        return str(module)

    def variables(self, ordinal: int = 0) -> dict[str, str]:
        """As the pod with this number has them; what is in secrets is made up."""
        return {each["name"]: _value(each, ordinal) for each in self.container["env"]}


def _value(variable: dict[str, Any], ordinal: int) -> str:
    if "value" in variable:
        assert isinstance(variable["value"], str)
        return str(variable["value"])
    source = variable["valueFrom"]
    if "fieldRef" in source:
        assert source["fieldRef"]["fieldPath"] == (
            "metadata.labels['apps.kubernetes.io/pod-index']"
        )
        return str(ordinal)
    return {"FEEDRANK_STATE": "redis://:secret@redis:6379/0"}[variable["name"]]


class Cluster:
    """Everything that one installation makes."""

    def __init__(self, manifests: list[Manifest]) -> None:
        self.manifests = manifests

    def all(self, kind: str) -> dict[str, Manifest]:
        """Objects of a kind, by name."""
        found = [each for each in self.manifests if each["kind"] == kind]
        assert len({each["metadata"]["name"] for each in found}) == len(found)
        return {each["metadata"]["name"]: each for each in found}

    @property
    def workloads(self) -> dict[str, Workload]:
        """All of our services."""
        return {
            name: Workload(
                name,
                kind,
                each["spec"]["template"]["metadata"]["labels"],
                each["spec"],
                each["spec"]["template"]["spec"],
            )
            for kind in ("Deployment", "StatefulSet")
            for name, each in self.all(kind).items()
        }

    def behind(self, address: str) -> list[Workload]:
        """Whose pods a caller of `dns:///name:port` reaches."""
        found = re.fullmatch(r"dns:///([a-z0-9-]+):(\d+)", address)
        assert found, address
        service = self.all("Service")[found[1]]["spec"]
        assert service["clusterIP"] == "None"
        assert int(found[2]) in {port["port"] for port in service["ports"]}
        return [each for each in self.workloads.values() if matches(service, each)]

    def names_in_certificate(self, workload: Workload) -> set[str]:
        """Of the certificate that is mounted: by cert-manager, or as the guide asks for."""
        [secret] = [
            volume["secret"]["secretName"]
            for volume in workload.pod["volumes"]
            if volume["name"] == "tls"
        ]
        for certificate in self.all("Certificate").values():
            if certificate["spec"]["secretName"] == secret:
                return set(certificate["spec"]["dnsNames"])
        return {secret.removesuffix("-tls"), f"{secret.removesuffix('-tls')}.{NAMESPACE}.svc"}

    def may_reach(self, source: Workload, target: Workload, port: str) -> bool:
        """Whether network policies let `source` out to and into `target`."""
        policies = [each["spec"] for each in self.all("NetworkPolicy").values()]
        out = [p for p in policies if _selects(p["podSelector"], source.labels)]
        into = [p for p in policies if _selects(p["podSelector"], target.labels)]
        return _allows(out, "egress", "to", target.labels, port) and _allows(
            into, "ingress", "from", source.labels, port
        )


def matches(spec: dict[str, Any], workload: Workload) -> bool:
    """Whether a selector has all pods of a workload."""
    selector = spec["selector"]
    return _selects(
        selector if "matchLabels" in selector else {"matchLabels": selector}, workload.labels
    )


def _selects(selector: dict[str, Any], labels: Labels) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items()


def _allows(policies: list[dict[str, Any]], way: str, end: str, labels: Labels, port: str) -> bool:
    return not policies or any(_has(rule, end, labels, port) for rule in _rules(policies, way))


def _rules(policies: list[dict[str, Any]], way: str) -> Iterator[dict[str, Any]]:
    for policy in policies:
        yield from policy.get(way) or []


def _has(rule: dict[str, Any], end: str, labels: Labels, port: str) -> bool:
    if port not in {each["port"] for each in rule["ports"]}:
        return False
    peers = rule.get(end)
    if peers is None or peers == []:
        return True  # as Kubernetes has it: no peers are all peers
    return any("namespaceSelector" not in p and _selects(p["podSelector"], labels) for p in peers)
