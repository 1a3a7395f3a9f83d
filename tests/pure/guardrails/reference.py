"""An environment in which every value is known, and nothing is wrong."""

from __future__ import annotations

from podsg.guardrails import Scene
from podsg.model.snapshot import (
    Cluster,
    Container,
    GroupRule,
    NodeGroup,
    Place,
    PodSet,
    Policy,
    Probe,
    SecurityGroup,
    Service,
    ServiceAccount,
    Snapshot,
    Subnet,
    VpcCni,
)

VPC = "vpc-1"
NODE_GROUP, POD_GROUP, DNS_GROUP = "sg-node", "sg-pod", "sg-cluster"
CLUSTER = Cluster(
    Place("dev-cluster"),
    name="dev-cluster",
    version="1.35",
    vpc_id=VPC,
    role_policies=frozenset({"AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"}),
    ip_family="ipv4",
    has_auto_mode=False,
    security_group_id=DNS_GROUP,
    dns_group_id=DNS_GROUP,
    kube_proxy_mode="iptables",
)
VPC_CNI = VpcCni(
    Place("vpc-cni"),
    version="v1.22.3-eksbuild.1",
    env={
        "ENABLE_POD_ENI": "true",
        "POD_SECURITY_GROUP_ENFORCING_MODE": "strict",
        "AWS_VPC_K8S_CNI_EXTERNALSNAT": "true",
    },
    init_env={"DISABLE_TCP_EARLY_DEMUX": "true"},
    cooldown="60",
)
SUBNETS = tuple(
    Subnet(Place(f"private-{zone}"), f"subnet-{zone}", VPC, cidr, f"us-west-2{zone}", 250, "nat")
    for zone, cidr in (("a", "10.0.1.0/24"), ("b", "10.0.2.0/24"))
)
NODES = NodeGroup(
    Place("workers"),
    "workers",
    instance_types=("m5.large",),
    ami_type="AL2023_x86_64_STANDARD",
    desired_count=3,
    max_pods=38,
    subnet_ids=tuple(subnet.id for subnet in SUBNETS),
    security_group_ids=(NODE_GROUP,),
    kernel_settings={},
    depends_on=frozenset({"dev-cluster"}),
)


def rule(
    peer: str, protocol: str, port: int, *, is_ingress: bool = True, to_port: int | None = None
) -> GroupRule:
    """A rule whose peer is a security group."""
    return GroupRule(is_ingress, protocol, port, port if to_port is None else to_port, peer_group_id=peer)


GROUPS = (
    SecurityGroup(Place(NODE_GROUP), NODE_GROUP, VPC, rules=()),
    SecurityGroup(
        Place(DNS_GROUP),
        DNS_GROUP,
        VPC,
        rules=(rule(POD_GROUP, "tcp", 53), rule(POD_GROUP, "udp", 53)),
        tags={"kubernetes.io/cluster/dev-cluster": "owned"},
    ),
    SecurityGroup(
        Place(POD_GROUP),
        POD_GROUP,
        VPC,
        rules=(
            rule(NODE_GROUP, "tcp", 8080),
            rule(DNS_GROUP, "tcp", 53, is_ingress=False),
            rule(DNS_GROUP, "udp", 53, is_ingress=False),
        ),
    ),
)
POLICY = Policy(
    Place("SecurityGroupPolicy shop/catalog"),
    "shop",
    "catalog",
    pod_selector={"matchLabels": {"app": "catalog"}},
    group_ids=(POD_GROUP,),
    depends_on=frozenset({"dev-cluster", "workers", POD_GROUP}),
)
PODS = PodSet(
    Place("Deployment shop/catalog"),
    "Deployment",
    "shop",
    "catalog",
    labels={"app": "catalog"},
    service_account="catalog",
    replicas=4,
    max_surge=1,
    containers=(Container("app", ports=(8080,), probes=(Probe("http", 8080),)),),
    depends_on=frozenset({"catalog"}),
)
ACCOUNT = ServiceAccount(Place("ServiceAccount shop/catalog"), "shop", "catalog")
SERVICE = Service(Place("Service shop/catalog"), "shop", "catalog", selector={"app": "catalog"})
SNAPSHOT = Snapshot(
    cluster=CLUSTER,
    vpc_cni=VPC_CNI,
    eni_configs=(),
    node_groups=(NODES,),
    fargate_profiles=(),
    subnets=SUBNETS,
    security_groups=GROUPS,
    policies=(POLICY,),
    pod_sets=(PODS,),
    service_accounts=(ACCOUNT,),
    services=(SERVICE,),
    network_policies=(),
)
SCENE = Scene(SNAPSHOT, SNAPSHOT)
