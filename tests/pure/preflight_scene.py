"""A stack that nothing keeps from being destroyed, and how a case departs from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from podsg.lifecycle import (
    Access,
    Api,
    Cluster,
    Commands,
    Database,
    Instance,
    Interface,
    Kind,
    Live,
    Obstacle,
    Part,
    Recorded,
    RolePolicy,
    Rule,
    obstacles,
)

COMMANDS = Commands(
    engine="podsg lab", options="--stack dev", stack="organization/shop/dev", prefix="podsg lab exec --"
)
KUBERNETES_URN = "urn:pulumi:dev::shop::pulumi:providers:kubernetes::dev-kubernetes"
WORKER_ARN = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
SERVER = "https://dev.example"
INSTANCE_TAG = "node.k8s.amazonaws.com/instance_id"
CNI_TAGS = {"eks:eni:owner": "amazon-vpc-cni", INSTANCE_TAG: "i-node"}
NODE_TAGS = {"eks:cluster-name": "dev", "eks:nodegroup-name": "workers"}


def recorded(type_: str, id_: str, *, provider: str = "", **properties: Any) -> Recorded:
    urn = f"urn:pulumi:dev::shop::{type_}::named-{id_.replace('/', '-')}"
    return Recorded(urn, type_, id_, {}, properties, provider)


STACK = (
    Recorded("urn:pulumi:dev::shop::podsg:index:Environment::dev", "podsg:index:Environment"),
    recorded("aws:ec2/vpc:Vpc", "vpc-1"),
    recorded("aws:ec2/subnet:Subnet", "subnet-1", vpcId="vpc-1"),
    recorded("aws:ec2/routeTable:RouteTable", "rtb-1"),
    recorded("aws:ec2/natGateway:NatGateway", "nat-1"),
    recorded("aws:ec2/securityGroup:SecurityGroup", "sg-pod"),
    recorded("aws:ec2/securityGroup:SecurityGroup", "sg-node"),
    recorded("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "sg-default"),
    recorded("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "sgr-1"),
    recorded("aws:ec2/securityGroupRule:SecurityGroupRule", "sgrule-2", securityGroupRuleId="sgr-2"),
    recorded("aws:eks/cluster:Cluster", "dev", name="dev", endpoint=SERVER, deletionProtection=False),
    recorded("aws:eks/nodeGroup:NodeGroup", "dev:workers", clusterName="dev", nodeGroupName="workers"),
    recorded(
        "aws:eks/fargateProfile:FargateProfile", "dev:jobs", clusterName="dev", fargateProfileName="jobs"
    ),
    recorded(
        "aws:rds/instance:Instance",
        "db-1",
        identifier="catalog",
        deletionProtection=False,
        finalSnapshotIdentifier="catalog-final",
    ),
    recorded("aws:rds/cluster:Cluster", "orders", clusterIdentifier="orders", skipFinalSnapshot=True),
    recorded("aws:rds/clusterInstance:ClusterInstance", "orders-1", identifier="orders-1"),
    recorded("aws:iam/role:Role", "nodes"),
    recorded("aws:iam/role:Role", "forced", forceDetachPolicies=True),
    recorded("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a-1", role="nodes", policyArn=WORKER_ARN),
    recorded("aws:iam/rolePolicy:RolePolicy", "nodes:logs", role="nodes", name="logs"),
    Recorded(KUBERNETES_URN, "pulumi:providers:kubernetes", "k-1"),
    recorded("kubernetes:core/v1:Namespace", "catalog", provider=f"{KUBERNETES_URN}::k-1"),
)
LIVE = Live(
    clusters=(Cluster("dev", False, frozenset({"workers"}), frozenset({"jobs"}), "sg-cluster"),),
    databases=(
        Database("catalog", False, False, "vpc-1", frozenset({"subnet-1"}), frozenset({"sg-pod"})),
        Database("orders", True, False),
        Database("orders-1", False, False, "vpc-1", cluster_identifier="orders"),
    ),
    parts=(
        Part(Kind.SUBNET, "subnet-1", "vpc-1"),
        Part(Kind.ROUTE_TABLE, "rtb-1", "vpc-1"),
        Part(
            Kind.NAT_GATEWAY,
            "nat-1",
            "vpc-1",
            frozenset({"subnet-1"}),
            interface_ids=frozenset({"eni-nat"}),
        ),
        Part(Kind.SECURITY_GROUP, "sg-cluster", "vpc-1"),
    ),
    instances=(Instance("i-node", "vpc-1", "subnet-1", frozenset({"sg-node"}), NODE_TAGS),),
    interfaces=(
        Interface("eni-node", "vpc-1", "subnet-1", instance_id="i-node"),
        Interface("eni-nat", "vpc-1", "subnet-1", is_service_managed=True),
        Interface("eni-plane", "vpc-1", "subnet-1", frozenset(), "Amazon EKS dev", is_service_managed=True),
        Interface("eni-db", "vpc-1", "subnet-1", frozenset({"sg-pod"}), "RDSNetworkInterface"),
    ),
    rules=(Rule("sgr-1", "sg-node", "sg-pod", False), Rule("sgr-2", "sg-pod", "sg-cluster", True)),
    role_policies=(RolePolicy("nodes", WORKER_ARN, False), RolePolicy("nodes", "logs", True)),
    apis=(Api(KUBERNETES_URN, SERVER, Access.ALLOWED),),
)


def found(stack: tuple[Recorded, ...] = STACK, live: Live = LIVE) -> tuple[Obstacle, ...]:
    return obstacles(stack, live, COMMANDS)


def changed(type_part: str, **changes: Any) -> tuple[Recorded, ...]:
    """The stack, with one resource changed; properties go into its outputs."""
    (index,) = (index for index, one in enumerate(STACK) if type_part in one.type)
    fields = {key: changes.pop(key) for key in ("is_protected", "is_deleted") if key in changes}
    one = replace(STACK[index], outputs={**STACK[index].outputs, **changes}, **fields)
    return (*STACK[:index], one, *STACK[index + 1 :])


def plus(**facts: object) -> Live:
    """What is there, with something more of each kind."""
    more: dict[str, Any] = {name: (*getattr(LIVE, name), value) for name, value in facts.items()}
    return replace(LIVE, **more)


def protected(kind: str, name: str) -> Live:
    """What is there, with the deletion protection of one cluster or database on."""
    key = "name" if kind == "clusters" else "identifier"
    found: dict[str, Any] = {
        kind: tuple(
            replace(one, deletion_protection=getattr(one, key) == name) for one in getattr(LIVE, kind)
        )
    }
    return replace(LIVE, **found)


@dataclass(frozen=True)
class Case:
    """What is recorded and there, and the obstacles' subjects; in `says` what message and fix contain."""

    stack: tuple[Recorded, ...]
    live: Live
    subjects: tuple[str, ...]
    says: tuple[str, ...] = ()
