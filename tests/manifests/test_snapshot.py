"""What manifests say of an environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from podsg.guardrails import Scene, Verdict, judge
from podsg.manifests import snapshot_of
from podsg.manifests.reading import read
from podsg.model.snapshot import (
    NOT_READ,
    Container,
    EniConfig,
    NetworkPolicy,
    Place,
    PodSet,
    Policy,
    Probe,
    Service,
    ServiceAccount,
    Snapshot,
    Unknown,
    VpcCni,
)

from .made import document, owned, reason

SHOP = Path(__file__).parent / "shop"
NO_NAMESPACE = Unknown("the manifest names no namespace")


@pytest.fixture(scope="module")
def shop() -> Snapshot:
    return snapshot_of(read([SHOP]).documents)


def test_parts_that_manifests_do_not_tell(shop: Snapshot) -> None:
    parts = (shop.cluster, shop.node_groups, shop.fargate_profiles, shop.subnets, shop.security_groups)

    assert set(parts) == {NOT_READ}


def test_nothing_read_is_nothing_there() -> None:
    assert snapshot_of([]) == Snapshot(
        eni_configs=(), policies=(), pod_sets=(), service_accounts=(), services=(), network_policies=()
    )


def test_policies(shop: Snapshot) -> None:
    assert shop.policies == (
        Policy(
            Place("SecurityGroupPolicy shop/catalog", str(SHOP / "catalog.yaml"), 11),
            "shop",
            "catalog",
            {
                "matchLabels": {"app": "catalog"},
                "matchExpressions": [{"key": "tier", "operator": "In", "values": ["data", "web"]}],
            },
            None,
            ("sg-0123456789abcdef0", "sg-0fedcba9876543210"),
        ),
    )


def test_pods(shop: Snapshot) -> None:
    deployment, daemons, job = shop.pod_sets  # type: ignore[misc]

    assert deployment == PodSet(
        Place("Deployment shop/catalog", str(SHOP / "catalog.yaml"), 24),
        "Deployment",
        "shop",
        "catalog",
        labels={"app": "catalog", "tier": "data"},
        annotations={"prometheus.io/scrape": "true"},
        service_account="catalog",
        replicas=5,
        max_surge=2,
        grace_period_seconds=45,
        node_labels={
            "kubernetes.io/arch": frozenset({"amd64"}),
            "node.kubernetes.io/instance-type": frozenset({"m5.large", "m5.xlarge"}),
        },
        containers=(
            Container(
                "app",
                (8080, 9090),
                (Probe("http", 8080), Probe("tcp", 8080), Probe("grpc", 9090)),
                {"memory": "256Mi", "vpc.amazonaws.com/pod-eni": "1", "cpu": "0.25"},
            ),
            Container("migrate"),
        ),
    )
    assert (daemons.kind, daemons.is_host_network, reason(daemons.replicas)) == (
        "DaemonSet",
        True,
        "a DaemonSet has one pod on each node that it is for",
    )
    assert job == PodSet(
        Place("CronJob report", str(SHOP / "more.yml"), 4),
        "CronJob",
        NO_NAMESPACE,
        "report",
        labels={"app": "report"},
        replicas=3,
        containers=(Container("report"),),
    )


def test_other_objects(shop: Snapshot) -> None:
    file = str(SHOP / "catalog.yaml")

    assert shop.services == (
        Service(
            Place("Service shop/catalog", file, 69),
            "shop",
            "catalog",
            "LoadBalancer",
            {"app": "catalog"},
            "Local",
            "ip",
        ),
    )
    assert shop.network_policies == (
        NetworkPolicy(
            Place("NetworkPolicy shop/catalog", file, 81),
            "shop",
            "catalog",
            {"matchLabels": {"app": "catalog"}},
        ),
    )
    assert shop.eni_configs == (
        EniConfig(
            Place("ENIConfig us-west-2a", str(SHOP / "more.yml"), 23),
            "us-west-2a",
            "subnet-0123456789abcdef0",
            ("sg-0123456789abcdef0",),
        ),
    )


def test_service_accounts_that_pods_use_are_there(shop: Snapshot) -> None:
    catalog, node, default = shop.service_accounts  # type: ignore[misc]

    assert catalog == ServiceAccount(
        Place("ServiceAccount shop/catalog", str(SHOP / "catalog.yaml"), 3),
        "shop",
        "catalog",
        {"team": "retail"},
        NOT_READ,
    )
    assert (node.namespace, node.name, node.place.subject) == (
        "kube-system",
        "aws-node",
        "DaemonSet kube-system/aws-node",
    )
    assert reason(node.labels) == "no manifest makes the service account aws-node"
    assert (default.namespace, default.name) == (NO_NAMESPACE, "default")


def test_vpc_cni(shop: Snapshot) -> None:
    assert shop.vpc_cni == VpcCni(
        Place("DaemonSet kube-system/aws-node", str(SHOP / "cni.json"), 11),
        "v1.22.3-eksbuild.1",
        {
            "ENABLE_POD_ENI": "true",
            "AWS_VPC_K8S_CNI_EXTERNALSNAT": Unknown(
                "spec.template.spec.containers[0].env[1].value: found true; allowed: text"
            ),
            "CLUSTER_NAME": "",
            "MY_NODE_NAME": Unknown("it comes from fieldRef"),
        },
        {"DISABLE_TCP_EARLY_DEMUX": "true"},
        has_network_policy=True,
        cooldown="60",
    )


def test_guardrails_pass_on_manifests(shop: Snapshot) -> None:
    outcomes = judge(Scene(shop))

    assert {
        one.verdict for one in outcomes if one.guardrail.id in {"pod-eni-enabled", "policy-has-selector"}
    } == {Verdict.PASSED}


def test_namespace_of_objects_that_name_none() -> None:
    done = snapshot_of(read([SHOP / "more.yml"]).documents, namespace="batch")

    assert [one.namespace for one in done.pod_sets] == ["batch"]  # type: ignore[union-attr]
    assert [str(one.place.subject) for one in done.pod_sets] == ["CronJob batch/report"]  # type: ignore[union-attr]
    assert [one.place.subject for one in done.eni_configs] == ["ENIConfig us-west-2a"]  # type: ignore[union-attr]


def test_what_another_object_makes_is_counted_once() -> None:
    # given what `kubectl get deployments,replicasets,pods` prints, and a Pod of an owner that is not there
    documents = [
        document("Deployment", {}, "apps"),
        owned("ReplicaSet", "apps", "a-1", [{"kind": "Deployment", "name": "a", "controller": True}]),
        owned("Pod", "", "a-1-x", [{"kind": "ReplicaSet", "name": "a-1", "controller": True}]),
        owned("Pod", "", "lone", [{"kind": "Job", "name": "gone", "controller": True}]),
        owned("Pod", "", "kept", [{"kind": "ReplicaSet", "name": "a-1"}, "text"]),
        owned("Pod", "", "odd", "text"),
    ]

    names = [one.name for one in snapshot_of(documents).pod_sets]  # type: ignore[union-attr]

    assert names == ["a", "lone", "kept", "odd"]


def test_kinds_of_other_groups_are_not_taken() -> None:
    others = [document("Service", {}, "serving.knative.dev"), document("Deployment", {}, "example.com")]

    assert snapshot_of(others) == snapshot_of([])
