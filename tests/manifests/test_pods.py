"""What manifests say of pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from podsg.manifests import snapshot_of
from podsg.model.snapshot import (
    Place,
    PodSet,
    Unknown,
)

from .made import document, of_pod, pods, reason


def test_defaults_of_kubernetes() -> None:
    place, bare = Place("Deployment shop/a", "f.yaml", 1), pods("Deployment", {})

    assert bare == PodSet(place, "Deployment", "shop", "a", max_surge=1)


@pytest.mark.parametrize(
    ("kind", "group", "spec", "replicas", "surge"),
    [
        ("Deployment", "apps", {"replicas": 5}, 5, 2),
        ("Deployment", "apps", {"replicas": 0}, 0, 0),
        ("Deployment", "apps", {"replicas": 10, "strategy": {"type": "Recreate"}}, 10, 0),
        ("Deployment", "apps", {"replicas": 10, "strategy": {"rollingUpdate": {"maxSurge": "34%"}}}, 10, 4),
        ("Deployment", "apps", {"replicas": 10, "strategy": {"rollingUpdate": {"maxSurge": "0%"}}}, 10, 0),
        ("Deployment", "apps", {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 3}}}, 2, 3),
        ("Deployment", "apps", {"replicas": None, "strategy": None}, 1, 1),
        ("StatefulSet", "apps", {"replicas": 3}, 3, 0),
        ("ReplicaSet", "apps", {"replicas": 3}, 3, 0),
        ("Job", "batch", {}, 1, 0),
        ("Job", "batch", {"parallelism": 4}, 4, 0),
        ("Job", "batch", {"parallelism": 4, "completions": 2}, 2, 0),
    ],
)
def test_replicas_and_surge(
    kind: str, group: str, spec: Mapping[str, Any], replicas: int, surge: int
) -> None:
    found = pods(kind, spec, group=group)

    assert (found.replicas, found.max_surge) == (replicas, surge)


@pytest.mark.parametrize(
    ("rolling", "surge"),
    [
        ({}, 0),
        ({"type": "OnDelete", "rollingUpdate": {"maxSurge": 2}}, 0),
        ({"rollingUpdate": {"maxSurge": 2}}, 2),
        ({"rollingUpdate": {"maxSurge": "0%"}}, 0),
        (
            {"rollingUpdate": {"maxSurge": "10%"}},
            Unknown("a DaemonSet has one pod on each node that it is for"),
        ),
    ],
)
def test_surge_of_daemons(rolling: Mapping[str, Any], surge: object) -> None:
    assert pods("DaemonSet", {"updateStrategy": rolling}).max_surge == surge


def terms(*of_terms: Mapping[str, list[str]]) -> dict[str, Any]:
    needed = [
        {"matchExpressions": [{"key": key, "operator": "In", "values": found} for key, found in one.items()]}
        for one in of_terms
    ]
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [*needed, {}]}
        }
    }


@pytest.mark.parametrize(
    ("spec", "labels"),
    [
        ({"nodeSelector": {"kubernetes.io/os": "windows"}}, {"kubernetes.io/os": {"windows"}}),
        ({"os": {"name": "windows"}}, {"kubernetes.io/os": {"windows"}}),
        ({"affinity": terms({"a": ["1", "2"]}, {"a": ["3"], "b": ["4"]})}, {"a": {"1", "2", "3"}}),
        ({"affinity": terms({"a": ["1", "2"]}), "nodeSelector": {"a": "2"}}, {"a": {"2"}}),
        ({"affinity": terms()}, {}),
        ({"affinity": {"nodeAffinity": None}}, {}),
    ],
)
def test_node_labels(spec: Mapping[str, Any], labels: Mapping[str, set[str]]) -> None:
    assert of_pod(spec).node_labels == {key: frozenset(found) for key, found in labels.items()}


def probe_of(handler: Mapping[str, Any]) -> Any:
    ports = [{"name": "web", "containerPort": 80}, {"containerPort": 81}]
    container = {"name": "app", "ports": ports, "readinessProbe": handler}
    [one] = of_pod({"containers": [container]}).containers  # type: ignore[misc]
    return [probe.port for probe in one.probes]


def test_ports_of_probes() -> None:
    assert probe_of({"httpGet": {"port": "web"}}) == [80]
    assert probe_of({"tcpSocket": {"port": "8080"}}) == [8080]
    assert probe_of({"httpGet": {"port": "nope"}}) == [Unknown("no port of container app is named nope")]
    assert probe_of({"httpGet": {"port": 80, "host": "127.0.0.1"}}) == []
    assert probe_of({"exec": {"command": ["true"]}}) == []


def test_the_older_name_of_a_service_account() -> None:
    assert of_pod({"serviceAccount": "old"}).service_account == "old"
    assert of_pod({"serviceAccountName": "new", "serviceAccount": "old"}).service_account == "new"


@pytest.mark.parametrize(
    "content", [{}, {"spec": "text"}, {"spec": {"template": None}}, {"spec": {"template": {}}}]
)
def test_without_a_template_nothing_is_known_of_the_pods(content: Mapping[str, Any]) -> None:
    [made] = snapshot_of([document("Deployment", content, "apps")]).pod_sets  # type: ignore[misc]

    unknown = (
        made.labels,
        made.service_account,
        made.containers,
        made.node_labels,
        made.grace_period_seconds,
    )
    assert all(reason(one).startswith("spec") for one in unknown)


@pytest.mark.parametrize(
    ("spec", "field", "says"),
    [
        ({"containers": {}}, "containers", "spec.containers: found a mapping of 0 entries; allowed: a list"),
        ({"containers": ["a"]}, "containers", 'spec.containers[0]: found "a"; allowed: a mapping'),
        ({"containers": [{"name": 1}]}, "containers", "spec.containers[0].name: found 1; allowed: text"),
        (
            {"containers": [{"ports": [{"containerPort": 0}]}]},
            "containers",
            "spec.containers[0].ports[0].containerPort: found 0; allowed: 1 to 65535",
        ),
        (
            {"containers": [{"livenessProbe": {"httpGet": {"port": True}}}]},
            "containers",
            "spec.containers[0].livenessProbe.httpGet.port: found true; allowed: 1 to 65535",
        ),
        (
            {"initContainers": [{"resources": {"limits": {"cpu": None}}}]},
            "containers",
            "spec.initContainers[0].resources.limits.cpu: found nothing; allowed: a quantity",
        ),
        ({"hostNetwork": "yes"}, "is_host_network", 'spec.hostNetwork: found "yes"; allowed: true or false'),
        (
            {"terminationGracePeriodSeconds": -1},
            "grace_period_seconds",
            "spec.terminationGracePeriodSeconds: found -1; allowed: a whole number of at least 0",
        ),
        ({"nodeSelector": {"a": 1}}, "node_labels", "spec.nodeSelector.a: found 1; allowed: text"),
        (
            {"serviceAccountName": []},
            "service_account",
            "spec.serviceAccountName: found a list of 0 items; allowed: text",
        ),
    ],
)
def test_fields_of_a_wrong_type_are_unknown(spec: Mapping[str, Any], field: str, says: str) -> None:
    assert reason(getattr(of_pod(spec), field)) == says


@pytest.mark.parametrize("surge", ["a quarter", "-5%", True, 1.5, []])
def test_a_surge_of_a_wrong_type(surge: object) -> None:
    found = pods("Deployment", {"strategy": {"rollingUpdate": {"maxSurge": surge}}})

    assert reason(found.max_surge).startswith("spec.strategy.rollingUpdate.maxSurge: found ")


def test_labels() -> None:
    def labels(found: object) -> object:
        content = {"metadata": {"labels": found}, "spec": {}}
        [made] = snapshot_of([document("Pod", content)]).pod_sets  # type: ignore[misc]
        return made.labels

    assert labels({"a": "b", "c": None}) == {"a": "b", "c": ""}
    assert reason(labels({"version": 1.0})) == "metadata.labels.version: found 1.0; allowed: text"
