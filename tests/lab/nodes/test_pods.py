"""What the agent reads in pods, nodes and CNINodes."""

from __future__ import annotations

import pytest

from lab.nodes.eni_config import eni_config_name
from lab.nodes.features import has_feature, with_feature
from lab.nodes.memory import Memory
from lab.nodes.objects import POD_ENI, POD_IP
from lab.nodes.pods import asks_for_branch, branch_address, is_aws_node, secondary_address
from lab.nodes.registration import is_registered, node_of
from lab.nodes.settings import read
from tests.lab.nodes.builders import M5_LARGE, branch_annotation, machine, pod, with_address


def test_the_first_branch_interface_gives_the_address() -> None:
    assert branch_address(pod(annotations=branch_annotation("10.0.5.5"))) == "10.0.5.5"


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1]", '[{"privateIp": "10.0.0.1"}]', "null"])
def test_an_annotation_that_cannot_be_used_is_none(text: str) -> None:
    assert branch_address(pod(annotations={POD_ENI: text})) is None


def test_only_the_first_container_can_ask_for_a_branch_interface() -> None:
    second = pod()
    second["spec"]["containers"].append({"name": "other", "resources": {"limits": {POD_ENI: "1"}}})
    assert asks_for_branch(pod(limits={POD_ENI: "1"}))
    assert not asks_for_branch(second)
    assert not asks_for_branch(pod())


def test_who_occupies_a_secondary_address() -> None:
    assert secondary_address(with_address("a", "10.0.1.1")) == "10.0.1.1"
    assert secondary_address(with_address("a", "10.0.1.1", phase="Succeeded")) is None
    assert secondary_address(with_address("a", "10.0.0.1", host=True)) is None
    branch = pod(annotations={POD_IP: "10.0.5.5", **branch_annotation("10.0.5.5")})
    assert secondary_address(branch) is None


def test_aws_node_is_known_by_label_and_namespace() -> None:
    label = {"k8s-app": "aws-node"}
    assert is_aws_node(pod(namespace="kube-system", labels=label))
    assert not is_aws_node(pod(labels=label))


def test_the_same_pod_is_promised_the_same_address_and_no_other_pod_gets_it() -> None:
    memory = Memory()
    assert memory.promise(pod("a"), ["x", "y"]) == "x"
    assert memory.promise(pod("a"), ["y"]) == "x"
    assert memory.promise(pod("b"), ["x", "y"]) == "y"
    assert memory.promise(pod("c"), ["x", "y"]) is None
    assert memory.used([with_address("d", "z")]) == {"x", "y", "z"}
    memory.forget_others([with_address("a", "x"), pod("b")])
    assert memory.promised == {"uid-b": "y"}


def test_which_eni_config_a_node_uses() -> None:
    settings = read({"ENI_CONFIG_LABEL_DEF": "zone", "ENI_CONFIG_ANNOTATION_DEF": "note"})
    metadata = {"labels": {"zone": "by-label"}}
    assert eni_config_name({"metadata": {}}, settings) == "default"
    assert eni_config_name({"metadata": metadata}, settings) == "by-label"
    metadata["annotations"] = {"note": "by-annotation"}
    assert eni_config_name({"metadata": metadata}, settings) == "by-annotation"
    metadata["labels"]["vpc.amazonaws.com/externalEniConfig"] = "external"
    assert eni_config_name({"metadata": metadata}, settings) == "external"


def test_a_feature_replaces_one_of_its_name_only() -> None:
    features = [{"name": "CustomNetworking", "value": "old"}, {"name": "SecurityGroupsForPods"}]
    cni_node = {"metadata": {"resourceVersion": "7"}, "spec": {"features": features}}
    assert has_feature(cni_node, "SecurityGroupsForPods")
    assert not has_feature(cni_node, "CustomNetworking", "new")
    change = with_feature(cni_node, "CustomNetworking", "new")
    assert change["metadata"] == {"resourceVersion": "7"}
    assert change["spec"]["features"] == [features[1], {"name": "CustomNetworking", "value": "new"}]


def test_a_node_tells_what_its_machine_is() -> None:
    taint = {"key": "spot", "value": "true", "effect": "NoSchedule"}
    node = node_of(machine(labels={"team": "shop"}, taints=[taint], max_pods=9), M5_LARGE)
    assert node["spec"] == {"providerID": f"aws:///us-west-2a/{machine().instance_id}", "taints": [taint]}
    assert node["metadata"]["labels"]["team"] == "shop"
    assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == "us-west-2a"
    assert node["metadata"]["labels"]["node.kubernetes.io/instance-type"] == "m5.large"
    assert node["status"]["capacity"]["pods"] == node["status"]["allocatable"]["pods"] == "9"
    conditions = {each["type"]: each["status"] for each in node["status"]["conditions"]}
    assert conditions == dict.fromkeys(("MemoryPressure", "DiskPressure", "PIDPressure", "Ready"), "False")
    assert is_registered(node)
    assert not is_registered({"metadata": {}, "spec": {"providerID": "aws:///a/i-1"}})
