"""Staging and prod live their whole life; nothing of them goes while their protections are on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab.paths import CHECKOUT
from lab.status import PodRow, client, report
from tests.lab.conftest import Lab, kubernetes_of
from tests.lab.inventory import take_inventory

REFUSED = 2
ZONES, INSTANCES = 3, 2


def unprotect(environment: dict[str, Any]) -> None:
    environment["deletion_protection"] = False


def pods_on_branch_enis(lab: Lab, stack: str) -> Iterator[tuple[PodRow, Any]]:
    """Give each pod of the stack's workloads with its interface, which has the pod's groups and no other."""
    found = report(lab.running())[f"{stack}-cluster"]
    workloads = [policy.namespace for policy in found.policies]
    assert len(found.policies) == len(set(workloads))
    for pod in found.pods:
        assert not pod.warning, pod
        assert pod.branch_eni, pod
        assert [str(group.name).rpartition("-")[0] for group in pod.groups] == [
            f"{stack}-pod-{pod.namespace}"
        ]
        (interface,) = client(lab.running(), "ec2").describe_network_interfaces(
            NetworkInterfaceIds=[pod.branch_eni]
        )["NetworkInterfaces"]
        yield pod, interface
    assert {pod.namespace for pod in found.pods} == set(workloads)


def look_at_staging(lab: Lab) -> None:
    """Each zone has a NAT gateway of its own, and the add-on knows the mode."""
    assert all(pod.address for pod, _ in pods_on_branch_enis(lab, "staging"))
    gateways = client(lab.running(), "ec2").describe_nat_gateways()["NatGateways"]
    assert len({gateway["SubnetId"] for gateway in gateways if gateway["State"] == "available"}) == ZONES
    addon = client(lab.running(), "eks").describe_addon(clusterName="staging-cluster", addonName="vpc-cni")
    settings = json.loads(addon["addon"]["configurationValues"])
    assert settings["env"]["POD_SECURITY_GROUP_ENFORCING_MODE"] == "standard"


def look_at_prod(lab: Lab) -> None:
    """Pods of each zone get addresses of their own network; a policy may go by the service account alone."""
    configs = kubernetes_of("prod-cluster").resources.get(
        api_version="crd.k8s.amazonaws.com/v1alpha1", kind="ENIConfig"
    )
    subnets = {item.metadata.name: item.spec.subnet for item in configs.get().items}
    found = client(lab.running(), "ec2").describe_subnets(SubnetIds=list(subnets.values()))["Subnets"]
    assert {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in found} == subnets
    assert len(subnets) == ZONES
    assert all(subnet["CidrBlock"].startswith("100.64.") for subnet in found)
    for _, interface in pods_on_branch_enis(lab, "prod"):
        assert interface["SubnetId"] == subnets[interface["AvailabilityZone"]]
    policies = kubernetes_of("prod-cluster").resources.get(
        api_version="vpcresources.k8s.aws/v1beta1", kind="SecurityGroupPolicy"
    )
    policy = policies.get(namespace="reports", name="reports-security-groups").to_dict()
    assert "podSelector" not in policy["spec"]
    assert policy["spec"]["serviceAccountSelector"] == {"matchLabels": {"podsg-access": "orders-reader"}}
    (database,) = client(lab.running(), "rds").describe_db_clusters()["DBClusters"]
    assert [member["IsClusterWriter"] for member in database["DBClusterMembers"]].count(True) == 1
    assert len(database["DBClusterMembers"]) == INSTANCES


@pytest.mark.parametrize(
    ("stack", "protected", "look"),
    [
        ("staging", ["staging-cluster", "staging-orders"], look_at_staging),
        ("prod", ["prod-cluster", "prod-orders"], look_at_prod),
    ],
)
def test_an_environment_lives_its_whole_life(
    lab: Lab, stack: str, protected: list[str], look: Callable[[Lab], None]
) -> None:
    # given the stack as it is in the repository
    shutil.copy(CHECKOUT / "stacks" / f"Pulumi.{stack}.yaml", lab.project / "stacks")
    on_stack = ("--stack", stack)

    # when it comes up twice, then the second time changes nothing
    assert lab.json("up", "--pods", *on_stack)["changes"]["create"] > 90
    assert lab.json("up", *on_stack)["changed"] == 0
    assert lab.json("refresh", *on_stack)["changed"] == 0
    look(lab)
    before = take_inventory(lab.running())

    # when it is destroyed with its protections on
    refused = lab.run("destroy", *on_stack, "--project", str(lab.project))

    # then every reason is told, with the one setting, and nothing was changed
    assert refused.returncode == REFUSED, refused.stderr
    assert all(name in refused.stderr for name in protected), refused.stderr
    assert "deletion_protection: false" in refused.stderr
    assert take_inventory(lab.running()) == before

    # when the one setting turns them off
    lab.change(unprotect, stack)
    unprotected = lab.json("up", *on_stack)

    # then only the protected parts are changed, and the destroy ends with nothing left
    assert {kind: count for kind, count in unprotected["changes"].items() if kind != "same"} == {
        "update": len(protected)
    }
    lab.json("destroy", *on_stack)
    left = lab.json("status", *on_stack)
    assert (left["total"], left["recorded"]) == (0, 0), left["counts"]
