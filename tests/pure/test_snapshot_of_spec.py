"""The picture of an environment that is only written down."""

from __future__ import annotations

from typing import Any

import pytest

from podsg.guardrails import Scene, Verdict, judge
from podsg.model import parse_environment
from podsg.model.snapshot import Cluster, Snapshot, Unknown, VpcCni, known
from podsg.model.snapshot_of_spec import spec_snapshot
from tests.pure.environments import all_made_here, in_existing_network, workloads_alone


def picture(written: dict[str, Any]) -> Snapshot:
    return spec_snapshot(parse_environment(written))


def cluster(snapshot: Snapshot) -> Cluster:
    return known("cluster", snapshot.cluster)


def vpc_cni(snapshot: Snapshot) -> VpcCni:
    return known("VPC CNI", snapshot.vpc_cni)


def test_all_made_here() -> None:
    # given an environment of which every part is made
    written = all_made_here()
    written["network"]["zones"] = ["us-west-2a", "us-west-2b", "us-west-2c"]
    del written["network"]["zone_count"]

    # when it is pictured
    snapshot = picture(written)

    # then what the components will make is known
    assert known("role", cluster(snapshot).role_policies) >= {"AmazonEKSVPCResourceController"}
    assert known("env", vpc_cni(snapshot).env) == {
        "AWS_VPC_K8S_CNI_EXTERNALSNAT": "true",
        "ENABLE_POD_ENI": "true",
        "POD_SECURITY_GROUP_ENFORCING_MODE": "strict",
        "WARM_ENI_TARGET": "1",
    }
    assert vpc_cni(snapshot).cooldown is None
    (nodes,) = known("nodes", snapshot.node_groups)
    assert (nodes.instance_types, nodes.ami_type) == (("m5.large", "m6i.large"), "AL2023_x86_64_STANDARD")
    assert nodes.subnet_ids == ("private-1", "private-2", "private-3")
    subnets = {one.id: one for one in known("subnets", snapshot.subnets)}
    assert (subnets["private-2"].zone, subnets["private-2"].default_route) == ("us-west-2b", "nat")
    assert (subnets["public-1"].cidr, subnets["public-1"].free_addresses) == ("10.42.255.0/24", 251)
    assert snapshot.eni_configs == ()

    # and what only AWS tells is not
    assert isinstance(cluster(snapshot).vpc_id, Unknown)
    assert isinstance(snapshot.security_groups, Unknown)


def test_workloads_are_policies_and_pods() -> None:
    snapshot = picture(all_made_here())
    catalog, ui = known("policies", snapshot.policies)
    assert catalog.pod_selector == {"matchLabels": {"app.kubernetes.io/name": "catalog"}}
    assert (catalog.service_account_selector, ui.pod_selector) == (None, None)
    pods = {one.name: one for one in known("pods", snapshot.pod_sets)}
    assert pods["catalog"].labels == {"app.kubernetes.io/name": "catalog"}
    assert isinstance(pods["ui"].labels, Unknown)
    (account,) = known("service accounts", snapshot.service_accounts)
    assert (account.labels, account.name) == ({"role": "ui"}, pods["ui"].service_account)


def test_subnets_of_pods_have_eni_configs() -> None:
    written = all_made_here()
    endpoints = ["ec2", "ecr.api", "ecr.dkr", "eks", "sts"]
    written["network"] |= {"pod_cidr": "100.64.0.0/16", "nat": "none", "interface_endpoints": endpoints}
    written["cluster"]["vpc_cni"]["branch_eni_cooldown_seconds"] = 30
    snapshot = picture(written)
    assert isinstance(snapshot.eni_configs, Unknown)
    assert known("env", vpc_cni(snapshot).env)["AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"] == "true"
    assert vpc_cni(snapshot).cooldown == "30"
    routes = {one.id: one.default_route for one in known("subnets", snapshot.subnets)}
    assert (routes["pods-1"], routes["private-1"]) == ("none", "none")


def test_custom_networking_may_be_written() -> None:
    written = all_made_here()
    written["cluster"]["vpc_cni"]["custom_networking"] = False
    assert "ENI_CONFIG_LABEL_DEF" not in known("env", vpc_cni(picture(written)).env)


def test_ids_of_what_exists_are_not_told() -> None:
    snapshot = picture(in_existing_network())
    (nodes, *_) = known("nodes", snapshot.node_groups)
    assert isinstance(nodes.subnet_ids, Unknown)
    assert isinstance(cluster(snapshot).role_policies, Unknown)
    assert isinstance(snapshot.subnets, Unknown)


def test_a_cluster_that_exists() -> None:
    snapshot = picture(workloads_alone())
    assert isinstance(cluster(snapshot).name, Unknown)
    assert isinstance(snapshot.vpc_cni, Unknown)
    assert isinstance(snapshot.fargate_profiles, Unknown)


@pytest.mark.parametrize("environment", [all_made_here, in_existing_network, workloads_alone])
def test_nothing_fails_in_environments_that_pass(environment: Any) -> None:
    failed = [
        str(outcome) for outcome in judge(Scene(picture(environment()))) if outcome.verdict is Verdict.FAILED
    ]
    assert not failed, "\n".join(failed)
