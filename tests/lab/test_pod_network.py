"""Pods on a CIDR block of their own, in a private cluster: made, looked up and removed by the real engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import automation

from lab import status
from lab.toolchain import TOOL_SETS
from tests.lab.conftest import Lab

ZONES = ("us-west-2a", "us-west-2b")
PODS = "100.64.0.0/16"
TRUST = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
SETTINGS = {
    "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
    "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
}
ADMINISTRATOR = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


def network() -> tuple[aws.ec2.Vpc, list[aws.ec2.Subnet], list[aws.ec2.Subnet]]:
    """Declare a VPC with node subnets and, on a block of their own, pod subnets."""
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.70.0.0/16", enable_dns_hostnames=True)
    block = aws.ec2.VpcIpv4CidrBlockAssociation("pods", vpc_id=vpc.id, cidr_block=PODS)
    nodes = [
        aws.ec2.Subnet(f"nodes-{zone}", vpc_id=vpc.id, cidr_block=f"10.70.{n}.0/24", availability_zone=zone)
        for n, zone in enumerate(ZONES)
    ]
    pods = [
        aws.ec2.Subnet(
            f"pods-{zone}",
            vpc_id=block.vpc_id,
            cidr_block=f"100.64.{64 * n}.0/18",
            availability_zone=zone,
            opts=pulumi.ResourceOptions(depends_on=[block]),
        )
        for n, zone in enumerate(ZONES)
    ]
    return vpc, nodes, pods


def cluster(nodes: list[aws.ec2.Subnet]) -> tuple[aws.eks.Cluster, list[pulumi.Resource]]:
    """Declare a cluster with the VPC CNI, and what has to be there before its API takes ENIConfigs."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = aws.iam.Role("cluster", assume_role_policy=document)
    made = aws.eks.Cluster(
        "cluster",
        name="pod-network",
        role_arn=role.arn,
        vpc_config={"subnet_ids": [subnet.id for subnet in nodes]},
        access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
        bootstrap_self_managed_addons=False,
    )
    deployer = aws.get_caller_identity().arn
    entry = aws.eks.AccessEntry("deployer", cluster_name=made.name, principal_arn=deployer)
    rights = aws.eks.AccessPolicyAssociation(
        "deployer",
        cluster_name=made.name,
        principal_arn=entry.principal_arn,
        policy_arn=ADMINISTRATOR,
        access_scope={"type": "cluster"},
    )
    addon = aws.eks.Addon(
        "vpc-cni",
        cluster_name=made.name,
        addon_name="vpc-cni",
        configuration_values=json.dumps({"env": SETTINGS}),
    )
    pulumi.export("role", aws.iam.get_role_output(name=role.name).arn)
    return made, [rights, addon]


def kubeconfig(found: aws.eks.GetClusterResult) -> str:
    """Write the way into a cluster that was looked up."""
    authority = found.certificate_authorities[0].data
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": [
            "eks",
            "get-token",
            "--cluster-name",
            found.name,
            "--region",
            "us-west-2",
            "--output",
            "json",
        ],
    }
    server = {"server": found.endpoint, "certificate-authority-data": authority}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": server}],
        "users": [{"name": "u", "user": {"exec": command}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    return json.dumps(content)


def eni_configs(
    provider: kubernetes.Provider, pods: list[aws.ec2.Subnet], group_id: pulumi.Output[str], after: list[Any]
) -> None:
    """Declare one ENIConfig per zone."""
    for zone, subnet in zip(ZONES, pods, strict=True):
        kubernetes.apiextensions.CustomResource(
            f"eni-{zone}",
            api_version="crd.k8s.amazonaws.com/v1alpha1",
            kind="ENIConfig",
            metadata={"name": zone},
            spec={"subnet": subnet.id, "securityGroups": [group_id]},
            opts=pulumi.ResourceOptions(provider=provider, depends_on=after),
        )


def program() -> None:
    """Declare the network, endpoints, cluster and ENIConfigs, and look up what others would."""
    vpc, nodes, pods = network()
    group = aws.ec2.SecurityGroup("endpoints", vpc_id=vpc.id)
    for service in ("sts", "ecr.api"):
        aws.ec2.VpcEndpoint(
            service,
            vpc_id=vpc.id,
            vpc_endpoint_type="Interface",
            service_name=f"com.amazonaws.us-west-2.{service}",
            subnet_ids=[subnet.id for subnet in nodes],
            security_group_ids=[group.id],
            private_dns_enabled=True,
        )
    made, ready = cluster(nodes)
    found = aws.eks.get_cluster_output(name=made.name)
    provider = kubernetes.Provider("kubernetes", kubeconfig=found.apply(kubeconfig))
    eni_configs(provider, pods, found.vpc_config.cluster_security_group_id, ready)

    pulumi.export("vpc", aws.ec2.get_vpc_output(id=found.vpc_config.vpc_id).cidr_block)
    pulumi.export("group", aws.ec2.get_security_group_output(id=group.id).vpc_id)
    pulumi.export("zone", aws.ec2.get_subnet_output(id=pods[0].id).availability_zone)
    ids = pulumi.Output.all(*(subnet.id for subnet in pods))
    own = ids.apply(lambda values: [aws.ec2.GetSubnetsFilterArgs(name="subnet-id", values=values)])
    pulumi.export("pods", aws.ec2.get_subnets_output(filters=own).ids)
    pulumi.export("pod_subnets", [subnet.id for subnet in pods])


def steps(done: Any) -> dict[str, int]:
    return dict(done.summary.resource_changes or {})


def test_pods_on_a_block_of_their_own(activated: Lab, tmp_path: Path) -> None:
    # given the program, and what is in the lab before
    engine = next(tool_set for tool_set in TOOL_SETS if tool_set.module == "pulumi")
    command = automation.PulumiCommand(root=str(engine.folder.parent))
    options = automation.LocalWorkspaceOptions(work_dir=str(tmp_path), pulumi_command=command)
    stack = automation.create_or_select_stack("dev", "pod-network", program, opts=options)
    before = status.count(activated.running())

    # when it is brought up, then lookups find what it made, and each zone has its ENIConfig
    assert set(steps(stack.up())) == {"create"}
    outputs = {name: output.value for name, output in stack.outputs().items()}
    assert outputs["vpc"] == "10.70.0.0/16"
    assert outputs["group"].startswith("vpc-")
    assert outputs["zone"] == ZONES[0]
    assert sorted(outputs["pods"]) == sorted(outputs["pod_subnets"])
    assert outputs["role"].startswith("arn:aws:iam::")
    (admin,) = (activated.state / "aws" / "clusters" / "pod-network").glob("admin.kubeconfig")
    api = status.kubernetes_api(admin).resources.get(
        api_version="crd.k8s.amazonaws.com/v1alpha1", kind="ENIConfig"
    )
    subnets = {each.metadata.name: each.spec.subnet for each in api.get().items}
    assert subnets == dict(zip(ZONES, outputs["pod_subnets"], strict=True))

    # when brought up and refreshed again, then nothing changes
    assert set(steps(stack.up())) == {"same"}
    assert set(steps(stack.refresh())) == {"same"}

    # when destroyed, then nothing of it is left
    assert set(steps(stack.destroy())) == {"delete"}
    assert status.count(activated.running()) == before
