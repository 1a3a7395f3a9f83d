"""aws-node's environment: what it reads, and when it stops at its start."""

from __future__ import annotations

import pytest

from lab.nodes.settings import environment_of, flag, integer, read, refusal
from tests.lab.nodes.builders import RUNS, pod

STOPS = [
    ({"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "Strict"}, "ENFORCING_MODE"),
    ({"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": ""}, "ENFORCING_MODE"),
    ({"AWS_VPC_ENI_MTU": "9002"}, "AWS_VPC_ENI_MTU cannot be less than 576"),
    ({"AWS_VPC_ENI_MTU": "575"}, "AWS_VPC_ENI_MTU cannot be less than 576"),
    ({"POD_MTU": "jumbo"}, "POD_MTU MUST be a valid integer"),
    ({"POD_MTU": ""}, "POD_MTU MUST be a valid integer"),
    ({"AWS_VPC_K8S_CNI_VETHPREFIX": "lo"}, "reserved"),
    ({"AWS_VPC_K8S_CNI_VETHPREFIX": "vlan"}, "reserved"),
    ({"AWS_VPC_K8S_CNI_VETHPREFIX": "enipod"}, "longer than 4"),
    ({"AWS_VPC_K8S_PLUGIN_LOG_FILE": "stdout"}, "stdout"),
    ({"IP_COOLDOWN_PERIOD": "-1"}, "IP_COOLDOWN_PERIOD"),
    ({"IP_COOLDOWN_PERIOD": "30s"}, "IP_COOLDOWN_PERIOD"),
    ({"ENABLE_PREFIX_DELEGATION": "true"}, "WARM_PREFIX_TARGET"),
    ({"ENABLE_IPv6": "true"}, "both enabled"),
    ({"ENABLE_IPv4": "false"}, "both disabled"),
    ({"ENABLE_IPv4": "false", "ENABLE_IPv6": "true"}, "Prefix Delegation mode"),
    ({"NETWORK_POLICY_ENFORCING_MODE": "off"}, "Network policy mode"),
]
STARTS: list[dict[str, str]] = [
    {},
    {"ENABLE_POD_ENI": "true"},
    {"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "standard"},
    {"ENABLE_POD_ENI": "false", "POD_SECURITY_GROUP_ENFORCING_MODE": "lenient"},
    {"ENABLE_POD_ENI": "yes", "POD_SECURITY_GROUP_ENFORCING_MODE": "lenient"},
    {"AWS_VPC_ENI_MTU": "576", "POD_MTU": "9001"},
    {"AWS_VPC_K8S_CNI_VETHPREFIX": "pods"},
    {"WARM_ENI_TARGET": "many", "MAX_ENI": "-3"},
    {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"},
    {"NETWORK_POLICY_ENFORCING_MODE": "STRICT"},
]


@pytest.mark.parametrize(("changes", "text"), STOPS)
def test_aws_node_stops(changes: dict[str, str], text: str) -> None:
    assert text in (refusal(RUNS | changes) or "")


@pytest.mark.parametrize("changes", STARTS)
def test_aws_node_starts(changes: dict[str, str]) -> None:
    assert refusal(RUNS | changes) is None


@pytest.mark.parametrize("word", ["1", "t", "T", "TRUE", "true", "True"])
def test_words_of_go_are_true(word: str) -> None:
    assert flag({"ENABLE_POD_ENI": word}, "ENABLE_POD_ENI")


@pytest.mark.parametrize("word", ["yes", "on", "tRUE", " true", "", "0"])
def test_other_words_are_not_true(word: str) -> None:
    assert not flag({"ENABLE_POD_ENI": word}, "ENABLE_POD_ENI")


def test_numbers_that_cannot_be_read_are_the_default() -> None:
    settings = read({"WARM_ENI_TARGET": "-1", "MAX_ENI": "0", "WARM_IP_TARGET": "few"})
    assert (settings.warm_eni_target, settings.max_eni, settings.warm_ip_target) == (1, None, None)
    assert integer("1_000") is None


def test_only_the_container_of_that_name_counts() -> None:
    # given a pod whose other containers say something else
    mine = pod(container="aws-node", env={"ENABLE_POD_ENI": "true", "EMPTY": ""})
    mine["spec"]["initContainers"] = [{"name": "aws-vpc-cni-init", "env": [{"name": "ENABLE_POD_ENI"}]}]
    mine["spec"]["containers"][0]["env"] += [{"name": "UNSET"}, {"name": "NODE", "valueFrom": {}}]

    # then names without a value are empty words, as in a container, and references are left out
    assert environment_of(mine) == {"ENABLE_POD_ENI": "true", "EMPTY": "", "UNSET": ""}
    assert environment_of(mine, "aws-vpc-cni-init") == {"ENABLE_POD_ENI": ""}
    assert environment_of(pod()) == {}
