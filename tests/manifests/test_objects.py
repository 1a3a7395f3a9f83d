"""What manifests say of policies, Services, network policies and the VPC CNI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from podsg.manifests import Document, snapshot_of
from podsg.model.snapshot import (
    NOT_READ,
    Place,
    Policy,
    Unknown,
    VpcCni,
)

from .made import document, reason


def policy(spec: object) -> Policy:
    content = {"spec": spec}
    [made] = snapshot_of([document("SecurityGroupPolicy", content, "vpcresources.k8s.aws")]).policies  # type: ignore[misc]
    return made


def test_policies_without_parts() -> None:
    bare = Policy(Place("SecurityGroupPolicy shop/a", "f.yaml", 1), "shop", "a")

    assert policy(None) == policy({"podSelector": None, "securityGroups": {"groupIds": None}}) == bare
    assert policy({"podSelector": {}}).pod_selector == {}
    assert policy({"serviceAccountSelector": {"matchLabels": {"a": "b"}}}).service_account_selector == {
        "matchLabels": {"a": "b"}
    }


@pytest.mark.parametrize(
    ("selector", "says"),
    [
        ("app=ui", 'spec.podSelector: found "app=ui"; allowed: a mapping'),
        (
            {"matchLabels": ["app"]},
            "spec.podSelector.matchLabels: found a list of 1 item; allowed: a mapping",
        ),
        (
            {"matchExpressions": [{"key": "a", "operator": "Is"}]},
            (
                'spec.podSelector.matchExpressions[0].operator: found "Is"; '
                "allowed: In, NotIn, Exists or DoesNotExist"
            ),
        ),
        (
            {"matchExpressions": [{"key": "a", "operator": "In"}]},
            (
                "spec.podSelector.matchExpressions[0].values: found a list of 0 items; "
                "allowed: one value at least"
            ),
        ),
        (
            {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
            (
                "spec.podSelector.matchExpressions[0].values: found a list of 1 item; "
                "allowed: no values with Exists"
            ),
        ),
        (
            {"matchExpressions": [{"operator": "Exists"}]},
            "spec.podSelector.matchExpressions[0].key: found nothing; allowed: the key of a label",
        ),
        (
            {"matchExpressions": [{"key": "a", "operator": "In", "values": [1]}]},
            "spec.podSelector.matchExpressions[0].values[0]: found 1; allowed: text",
        ),
    ],
)
def test_selectors_of_a_wrong_form_are_unknown(selector: object, says: str) -> None:
    assert reason(policy({"podSelector": selector}).pod_selector) == says


def test_groups_of_a_wrong_type() -> None:
    at = "spec.securityGroups.groupIds"

    assert policy({"securityGroups": {"groupIds": ["sg-1", 2]}}).group_ids == (
        "sg-1",
        Unknown(f"{at}[1]: found 2; allowed: the id of a security group"),
    )
    assert reason(policy({"securityGroups": {"groupIds": "sg-1"}}).group_ids) == (
        f'{at}: found "sg-1"; allowed: a list of ids'
    )


NLB = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type"
ALB = "alb.ingress.kubernetes.io/target-type"


@pytest.mark.parametrize(
    ("annotations", "target"),
    [
        ({}, "instance"),
        ({NLB: "ip"}, "ip"),
        ({ALB: "ip"}, "ip"),
        ({ALB: "ip", NLB: "instance"}, "instance"),
        ({"service.beta.kubernetes.io/aws-load-balancer-type": "nlb-ip"}, "ip"),
        ({NLB: "pod"}, Unknown(f'metadata.annotations.{NLB}: found "pod"; allowed: instance or ip')),
    ],
)
def test_targets_of_services(annotations: Mapping[str, str], target: object) -> None:
    [made] = snapshot_of([document("Service", {"metadata": {"annotations": annotations}})]).services  # type: ignore[misc]

    assert (made.target_type, made.type, made.selector) == (target, "ClusterIP", {})


CALICO, CILIUM = "projectcalico.org", "cilium.io"


@pytest.mark.parametrize(
    ("group", "kind", "spec", "selector"),
    [
        ("networking.k8s.io", "NetworkPolicy", {}, {}),
        (CALICO, "NetworkPolicy", {}, {}),
        (CALICO, "NetworkPolicy", {"selector": "all()"}, {}),
        (CALICO, "GlobalNetworkPolicy", {"selector": 'app == "ui"'}, {"matchLabels": {"app": "ui"}}),
        (
            "crd.projectcalico.org",
            "NetworkPolicy",
            {"selector": "a == 'b' && a == 'c'"},
            "a == 'b' && a == 'c'",
        ),
        (CALICO, "NetworkPolicy", {"selector": "a == 'b' || c == 'd'"}, "of Calico is not read"),
        (CALICO, "NetworkPolicy", {"serviceAccountSelector": "a == 'b'"}, "its serviceAccountSelector"),
        (CALICO, "NetworkPolicy", {"selector": 5}, "spec.selector: found 5; allowed: text"),
        (CILIUM, "CiliumNetworkPolicy", {"endpointSelector": {}}, {}),
        (
            CILIUM,
            "CiliumNetworkPolicy",
            {"endpointSelector": {"matchExpressions": [{"key": "any:a", "operator": "Exists"}]}},
            {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
        ),
        (
            CILIUM,
            "CiliumNetworkPolicy",
            {"endpointSelector": {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "a"}}},
            "which is no label of a pod",
        ),
        (CILIUM, "CiliumClusterwideNetworkPolicy", {"nodeSelector": {}}, "no endpointSelector of its own"),
    ],
)
def test_network_policies(group: str, kind: str, spec: Mapping[str, Any], selector: object) -> None:
    [made] = snapshot_of([document(kind, {"spec": spec}, group)]).network_policies  # type: ignore[misc]

    engines = {"networking.k8s.io": "vpc-cni", CILIUM: "cilium"}
    assert made.engine == engines.get(group, "calico")
    is_wide = kind in {"GlobalNetworkPolicy", "CiliumClusterwideNetworkPolicy"}
    assert made.namespace == (Unknown("it is for all namespaces") if is_wide else "shop")
    if isinstance(selector, str):
        assert selector in reason(made.pod_selector)
    else:
        assert made.pod_selector == selector


def cni(pod: object, *more: Document) -> VpcCni:
    content = {"spec": {"template": {"spec": pod}}}
    node = Document("f.yaml", 1, "apps", "DaemonSet", "kube-system", "aws-node", content)
    made = snapshot_of([node, *more]).vpc_cni
    assert isinstance(made, VpcCni)
    return made


def config_map(data: object) -> Document:
    return Document("c.yaml", 7, "", "ConfigMap", "", "amazon-vpc-cni", {"data": data})


def test_the_cooldown_alone() -> None:
    found = snapshot_of([config_map({"branch-eni-cooldown": "30"})], namespace="kube-system").vpc_cni

    place = Place("ConfigMap kube-system/amazon-vpc-cni", "c.yaml", 7)
    assert found == VpcCni(place, NOT_READ, NOT_READ, NOT_READ, NOT_READ, "30")


@pytest.mark.parametrize(
    ("data", "cooldown"),
    [
        (None, None),
        ({"enable-windows-ipam": "true"}, None),
        ({"branch-eni-cooldown": 30}, Unknown("data.branch-eni-cooldown: found 30; allowed: text")),
    ],
)
def test_cooldowns(data: object, cooldown: object) -> None:
    found = snapshot_of([config_map(data)], namespace="kube-system").vpc_cni

    assert isinstance(found, VpcCni)
    assert found.cooldown == cooldown


def test_objects_of_that_name_elsewhere_are_not_of_the_vpc_cni() -> None:
    assert snapshot_of([config_map({}), document("DaemonSet", {}, "apps", "aws-node")]).vpc_cni == NOT_READ


def test_a_vpc_cni_without_parts() -> None:
    agent = {"name": "aws-eks-nodeagent"}
    found = cni({"containers": [agent, {"name": "aws-node", "image": "localhost:5000/cni@sha256:0"}]})

    assert reason(found.version) == 'the image "localhost:5000/cni@sha256:0" of aws-node has no tag'
    assert (found.env, found.has_network_policy, found.cooldown) == ({}, False, NOT_READ)
    assert reason(found.init_env) == (
        "spec.template.spec.initContainers: found nothing; allowed: a container aws-vpc-cni-init"
    )


def test_variables_from_elsewhere_are_unknown_as_a_whole() -> None:
    found = cni({"containers": [{"name": "aws-node", "envFrom": [{"configMapRef": {"name": "a"}}]}]})

    assert reason(found.env) == (
        "spec.template.spec.containers[0].envFrom sets variables that are not in the DaemonSet"
    )


def test_a_vpc_cni_of_a_wrong_type() -> None:
    found = cni("text")

    assert {type(one) for one in (found.version, found.env, found.init_env, found.has_network_policy)} == {
        Unknown
    }


def test_an_eni_config_without_parts() -> None:
    [bare] = snapshot_of([document("ENIConfig", {"spec": None}, "crd.k8s.amazonaws.com")]).eni_configs  # type: ignore[misc]

    assert (reason(bare.subnet_id), bare.security_group_ids) == ("the ENIConfig names no subnet", ())
