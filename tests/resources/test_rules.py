"""Security group rules: which ones, in which group, from whom to whom."""

from __future__ import annotations

import re
from typing import Any

from podsg.model import WorkloadSpec
from podsg.resources.workload_rules import callers_of, workload_rules

from .graph import Graph, dev_environment, register_environment

RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)
CLUSTER_GROUP = "sg-00000000000000c1a"


def workload(**fields: Any) -> WorkloadSpec:
    return WorkloadSpec.model_validate({"namespace": "shop", "pod_selector": {"app": "x"}, **fields})


def shop() -> dict[str, Any]:
    """Return an environment in which workloads call each other and the outside."""
    environment = dev_environment()
    environment["workloads"]["catalog"]["ingress_from"] = [
        {"workload": "ui", "ports": [8080]},
        {"cidr": "10.0.0.0/8", "ports": [8080]},
        {"security_group_id": "sg-0123456789abcdef0", "ports": [8080]},
    ]
    environment["workloads"]["ui"] = {
        "namespace": "ui",
        "service_account_selector": {"role": "ui"},
        "egress_to": [
            {"workload": "catalog", "ports": [8080, 9090]},
            {"cidr": "0.0.0.0/0", "ports": [443]},
            {"security_group_id": "sg-0123456789abcdef0", "ports": [5000]},
        ],
    }
    return environment


def test_dev_has_exactly_these_rules(dev: Graph) -> None:
    # Given the reference environment, when its rules are listed, then groups, protocols and ports are these.
    found = {
        (
            resource.type.rsplit(":", 1)[-1].removeprefix("SecurityGroup"),
            resource.inputs["securityGroupId"],
            resource.inputs["referencedSecurityGroupId"],
            resource.inputs["ipProtocol"],
            resource.inputs["fromPort"],
            resource.inputs["toPort"],
        )
        for resource in dev.of_type(*RULES)
    }
    pods, nodes, database = "dev-pod-catalog-id", "dev-node-id", "dev-database-catalog-id"
    assert found == {
        ("EgressRule", pods, CLUSTER_GROUP, "tcp", 53, 53),
        ("EgressRule", pods, CLUSTER_GROUP, "udp", 53, 53),
        ("IngressRule", CLUSTER_GROUP, pods, "tcp", 53, 53),
        ("IngressRule", CLUSTER_GROUP, pods, "udp", 53, 53),
        ("EgressRule", nodes, pods, "tcp", 8080, 8080),
        ("IngressRule", pods, nodes, "tcp", 8080, 8080),
        ("EgressRule", pods, database, "tcp", 3306, 3306),
        ("IngressRule", database, pods, "tcp", 3306, 3306),
    }


def test_every_rule_is_narrow_and_says_from_whom_to_whom() -> None:
    # Given workloads with peers of all kinds
    graph = register_environment(shop())
    # When every rule is looked at
    for resource in graph.of_type(*RULES):
        inputs = resource.inputs
        # Then it names protocol, one port, one peer, and who talks to whom in characters that EC2 accepts.
        assert inputs["ipProtocol"] in {"tcp", "udp"}, resource.name
        assert inputs["fromPort"] == inputs["toPort"]
        assert ("cidrIpv4" in inputs) != ("referencedSecurityGroupId" in inputs)
        assert re.fullmatch(r"from .+ to .+, \d+/(tcp|udp)", inputs["description"])
        assert re.fullmatch(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}", inputs["description"])
        if "Ingress" in resource.type:
            assert inputs.get("cidrIpv4") != "0.0.0.0/0", resource.name


def test_groups_hold_no_rule_of_their_own() -> None:
    # Given workloads with peers of all kinds, when groups are registered, then all rules stand apart.
    graph = register_environment(shop())
    groups = graph.of_type("aws:ec2/securityGroup:SecurityGroup")
    assert len(groups) == 4
    for group in groups:
        assert not {"ingress", "egress"} & group.inputs.keys()
        assert "revokeRulesOnDelete" not in group.inputs
        assert group.inputs["description"]


def test_a_flow_between_workloads_is_made_once() -> None:
    # Given a flow on 8080 that both sides name, and one on 9090 that only the caller names
    graph = register_environment(shop())
    # When the rules between the two groups are listed
    between = {
        (resource.name, resource.inputs["fromPort"])
        for resource in graph.of_type(*RULES)
        if {resource.inputs["securityGroupId"], resource.inputs.get("referencedSecurityGroupId")}
        == {"dev-pod-catalog-id", "dev-pod-ui-id"}
    }
    # Then each flow is one pair, and belongs to the workload that is called.
    assert between == {
        ("dev-catalog-from-workload-ui-8080-egress", 8080),
        ("dev-catalog-from-workload-ui-8080-ingress", 8080),
        ("dev-catalog-from-workload-ui-9090-egress", 9090),
        ("dev-catalog-from-workload-ui-9090-ingress", 9090),
    }


def test_groups_of_others_are_referenced_and_left_alone() -> None:
    # Given peers that are groups outside of the environment
    graph = register_environment(shop())
    # When the rules that name them are listed
    foreign = "sg-0123456789abcdef0"
    rules = [resource for resource in graph.of_type(*RULES) if foreign in resource.inputs.values()]
    # Then they are in our groups only.
    assert {resource.name for resource in rules} == {
        "dev-catalog-from-group-sg-0123456789abcdef0-8080-ingress",
        "dev-ui-to-group-sg-0123456789abcdef0-5000-egress",
    }
    assert all(resource.inputs["securityGroupId"] != foreign for resource in rules)


def test_a_workload_may_call_itself() -> None:
    # Given a workload whose pods talk to each other, when its rules are made, then both are in its own group.
    spec = workload(ingress_from=[{"workload": "peers", "ports": [7946]}])
    rules = [rule for rule in workload_rules("peers", spec, {}, {}) if rule.port == 7946]
    assert [(rule.group, rule.peer.group) for rule in rules] == [("pods", "pods"), ("pods", "pods")]


def test_repeated_wishes_give_one_rule() -> None:
    # Given the same peers and ports several times over
    spec = workload(
        ports=[80],
        ingress_from=[
            {"cidr": "10.0.0.0/8", "ports": [80, 81]},
            {"cidr": "10.0.0.0/8", "ports": [81]},
            {"workload": "ui", "ports": [80]},
        ],
    )
    # When rules are made
    rules = workload_rules("catalog", spec, {}, {"ui": [80]})
    # Then each key comes once, as EC2 refuses a rule that is there.
    keys = [rule.key for rule in rules]
    assert len(keys) == len(set(keys))
    assert "from-cidr-10.0.0.0-8-81-ingress" in keys


def test_callers_are_found_by_name() -> None:
    # Given three workloads of which two call the first
    workloads = {
        "catalog": workload(),
        "ui": workload(egress_to=[{"workload": "catalog", "ports": [81, 80]}]),
        "batch": workload(egress_to=[{"cidr": "10.0.0.0/8", "ports": [80]}]),
    }
    # When callers are asked for, then names and sorted ports come back.
    assert callers_of("catalog", workloads) == {"ui": [80, 81]}
