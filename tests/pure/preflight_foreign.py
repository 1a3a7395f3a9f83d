"""Cases of things of others in what a stack would delete, and of what only looks like it."""

from __future__ import annotations

from dataclasses import replace

from podsg.lifecycle import (
    Cluster,
    Database,
    Instance,
    Interface,
    Kind,
    Part,
    RolePolicy,
    Rule,
)
from tests.pure.preflight_scene import CNI_TAGS, INSTANCE_TAG, LIVE, NODE_TAGS, STACK, Case, plus, recorded

SESSIONS_ARN = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
ELSEWHERE = ("subnet-9", frozenset({"sg-9"}))
FOREIGN = {
    "node group by hand": Case(
        STACK,
        replace(LIVE, clusters=(replace(LIVE.clusters[0], node_groups=frozenset({"workers", "mine"})),)),
        ("node group mine",),
        (
            "on cluster dev",
            "`podsg lab exec -- aws eks delete-nodegroup --cluster-name dev --nodegroup-name mine`",
        ),
    ),
    "Fargate profile by hand": Case(
        STACK,
        replace(LIVE, clusters=(replace(LIVE.clusters[0], fargate_profiles=frozenset({"mine"})),)),
        ("Fargate profile mine",),
        ("aws eks delete-fargate-profile --cluster-name dev --fargate-profile-name mine`",),
    ),
    "nodes of a node group by hand": Case(
        STACK,
        replace(
            plus(
                instances=Instance(
                    "i-2", "vpc-1", "subnet-1", tags={**NODE_TAGS, "eks:nodegroup-name": "mine"}
                )
            ),
            clusters=(replace(LIVE.clusters[0], node_groups=frozenset({"mine"})),),
            interfaces=(Interface("eni-2", "vpc-1", "subnet-1", instance_id="i-2"),),
            databases=(),
        ),
        ("instance i-node", "node group mine"),
    ),
    "cluster of somebody": Case(
        STACK, plus(clusters=Cluster("theirs", True, frozenset({"theirs"}), group_id="sg-theirs")), ()
    ),
    "interface in a subnet": Case(
        STACK,
        plus(interfaces=Interface("eni-9", "vpc-1", "subnet-1", tags={"Name": "left"})),
        ('network interface eni-9 "left"',),
        (
            "is in subnet-1 (named-subnet-1)",
            "EC2 refuses to delete subnet-1",
            "`podsg lab exec -- aws ec2 delete-network-interface --network-interface-id eni-9`",
        ),
    ),
    "interface with a group, in somebody's VPC": Case(
        STACK,
        plus(interfaces=Interface("eni-9", "vpc-9", "subnet-9", frozenset({"sg-pod"}))),
        ("network interface eni-9",),
        ("sg-pod (named-sg-pod)",),
    ),
    "interface with the cluster security group": Case(
        STACK,
        plus(interfaces=Interface("eni-9", "vpc-1", "subnet-9", frozenset({"sg-cluster"}))),
        ("network interface eni-9",),
        ("carries sg-cluster, and a destroy",),
    ),
    "interface of somebody's subnet in the VPC": Case(
        STACK,
        plus(interfaces=Interface("eni-9", "vpc-1", "subnet-9")),
        ("network interface eni-9",),
        ("vpc-1",),
    ),
    "interface elsewhere": Case(STACK, plus(interfaces=Interface("eni-9", "vpc-9", *ELSEWHERE)), ()),
    "interface of a service": Case(
        STACK,
        plus(
            interfaces=Interface(
                "eni-9", "vpc-1", "subnet-1", description="ELB app/x", is_service_managed=True
            )
        ),
        ('network interface eni-9 "ELB app/x"',),
        ("delete what it was made for",),
    ),
    "interface of somebody's instance elsewhere": Case(
        STACK,
        plus(
            interfaces=Interface("eni-9", "vpc-9", "subnet-9", frozenset({"sg-pod"}), instance_id="i-9"),
            instances=Instance("i-9", "vpc-9", "subnet-9"),
        ),
        ("network interface eni-9",),
        ("aws ec2 terminate-instances --instance-ids i-9`",),
    ),
    "recorded interface": Case(
        (*STACK, recorded("aws:ec2/networkInterface:NetworkInterface", "eni-9")),
        plus(interfaces=Interface("eni-9", "vpc-1", "subnet-1")),
        (),
    ),
    "recorded interface that a destroy leaves": Case(
        (*STACK, replace(recorded("aws:ec2/networkInterface:NetworkInterface", "eni-9"), is_deleted=False)),
        plus(interfaces=Interface("eni-9", "vpc-1", "subnet-1")),
        ("network interface eni-9",),
        ("a destroy leaves it there",),
    ),
    "spare interface of a node": Case(
        STACK, plus(interfaces=Interface("eni-9", "vpc-1", "subnet-1", tags=CNI_TAGS)), ()
    ),
    "spare interface of somebody's node": Case(
        STACK,
        plus(interfaces=Interface("eni-9", "vpc-1", "subnet-1", tags={**CNI_TAGS, INSTANCE_TAG: "i-9"})),
        ("network interface eni-9",),
    ),
    "branch interface of a pod": Case(
        STACK,
        plus(
            interfaces=Interface(
                "eni-9",
                "vpc-1",
                "subnet-1",
                frozenset({"sg-pod"}),
                tags={"eks:eni:owner": "eks-vpc-resource-controller", "kubernetes.io/cluster/dev": "owned"},
            )
        ),
        (),
    ),
    "branch interface of somebody's cluster": Case(
        STACK,
        plus(
            interfaces=Interface(
                "eni-9",
                "vpc-1",
                "subnet-1",
                tags={"eks:eni:owner": "eks-vpc-resource-controller", "kubernetes.io/cluster/other": "owned"},
            )
        ),
        ("network interface eni-9",),
        ("scale the workload of its pod to zero",),
    ),
    "control plane of somebody's cluster": Case(
        STACK,
        plus(
            interfaces=Interface(
                "eni-9", "vpc-1", "subnet-1", description="Amazon EKS dev-2", is_service_managed=True
            )
        ),
        ('network interface eni-9 "Amazon EKS dev-2"',),
    ),
    "a person's interface that looks like a control plane's": Case(
        STACK,
        plus(interfaces=Interface("eni-9", "vpc-1", "subnet-1", description="Amazon EKS dev")),
        ('network interface eni-9 "Amazon EKS dev"',),
    ),
    "interface of an unknown database": Case(
        STACK,
        plus(
            interfaces=Interface(
                "eni-9",
                "vpc-1",
                "subnet-1",
                frozenset({"sg-9"}),
                "RDSNetworkInterface",
                is_service_managed=True,
            )
        ),
        ('network interface eni-9 "RDSNetworkInterface"',),
    ),
    "somebody's instance": Case(
        STACK,
        plus(
            instances=Instance("i-9", "vpc-1", "subnet-1", tags={"Name": "bastion"}),
            interfaces=Interface("eni-9", "vpc-1", "subnet-1", instance_id="i-9"),
        ),
        ('instance i-9 "bastion"',),
        ("subnet-1", "`podsg lab exec -- aws ec2 terminate-instances --instance-ids i-9`"),
    ),
    "recorded instance": Case(
        (*STACK, recorded("aws:ec2/instance:Instance", "i-9")),
        plus(
            instances=Instance("i-9", "vpc-1", "subnet-1"),
            interfaces=Interface("eni-9", "vpc-1", "subnet-1", instance_id="i-9"),
        ),
        (),
    ),
    "instance elsewhere": Case(STACK, plus(instances=Instance("i-9", "vpc-9", *ELSEWHERE)), ()),
    "somebody's database": Case(
        STACK,
        plus(
            databases=Database("theirs", False, True, "vpc-1", frozenset({"subnet-1"}), frozenset({"sg-9"})),
            interfaces=Interface("eni-9", "vpc-1", "subnet-1", frozenset({"sg-9"}), "RDSNetworkInterface"),
        ),
        ("database theirs",),
        (
            "is in subnet-1",
            "delete-db-instance --db-instance-identifier theirs --final-db-snapshot-identifier theirs-final`",
        ),
    ),
    "reader added to the Aurora cluster": Case(
        STACK,
        plus(databases=Database("reader", False, False, cluster_identifier="orders")),
        ("database reader",),
        ("in Aurora cluster orders", "orders cannot be deleted", "--db-instance-identifier reader`"),
    ),
    "databases elsewhere": Case(
        STACK,
        plus(
            databases=Database("theirs", False, True, "vpc-9", frozenset({"subnet-9"}), frozenset({"sg-9"}))
        ),
        (),
    ),
    "Aurora cluster elsewhere": Case(STACK, plus(databases=Database("theirs", True, True)), ()),
    "somebody's rule names a group": Case(
        STACK,
        plus(rules=Rule("sgr-9", "sg-9", "sg-pod", False)),
        ("security group rule sgr-9",),
        (
            "in sg-9 names sg-pod (named-sg-pod)",
            "aws ec2 revoke-security-group-ingress --group-id sg-9 --security-group-rule-ids sgr-9`",
        ),
    ),
    "somebody's rule names the cluster security group": Case(
        STACK,
        plus(rules=Rule("sgr-9", "sg-9", "sg-cluster", True)),
        ("security group rule sgr-9",),
        ("revoke-security-group-egress",),
    ),
    "rule by hand in an own group names the cluster security group": Case(
        STACK, plus(rules=Rule("sgr-9", "sg-pod", "sg-cluster", True)), ("security group rule sgr-9",)
    ),
    "rule by hand in the default group": Case(
        STACK, plus(rules=Rule("sgr-9", "sg-default", "sg-pod", True)), ("security group rule sgr-9",)
    ),
    "rule by hand in the cluster security group": Case(
        STACK, plus(rules=Rule("sgr-9", "sg-cluster", "sg-pod", False)), ()
    ),
    "rule by hand from a group to itself": Case(
        STACK, plus(rules=Rule("sgr-9", "sg-pod", "sg-pod", False)), ()
    ),
    "rule by hand from one own group to another": Case(
        STACK, plus(rules=Rule("sgr-9", "sg-node", "sg-pod", False)), ()
    ),
    "rules by hand in a row of own groups": Case(
        (*STACK, recorded("aws:ec2/securityGroup:SecurityGroup", "sg-db")),
        replace(
            LIVE,
            rules=(Rule("sgr-8", "sg-node", "sg-pod", True), Rule("sgr-9", "sg-pod", "sg-db", True)),
        ),
        (),
    ),
    "rules by hand between two own groups, both ways": Case(
        STACK,
        replace(
            LIVE,
            rules=(Rule("sgr-8", "sg-node", "sg-pod", True), Rule("sgr-9", "sg-pod", "sg-node", False)),
        ),
        ("security group rule sgr-8", "security group rule sgr-9"),
    ),
    "group that takes foreign rules along": Case(
        (*STACK, recorded("aws:ec2/securityGroup:SecurityGroup", "sg-3", revokeRulesOnDelete=True)),
        plus(rules=Rule("sgr-9", "sg-9", "sg-3", False)),
        (),
    ),
    "rule of somebody about somebody": Case(STACK, plus(rules=Rule("sgr-9", "sg-9", "sg-8", False)), ()),
    "subnet by hand": Case(
        STACK,
        plus(parts=Part(Kind.SUBNET, "subnet-9", "vpc-1", label="extra")),
        ('subnet subnet-9 "extra"',),
        ("is in vpc-1 (named-vpc-1)", "`podsg lab exec -- aws ec2 delete-subnet --subnet-id subnet-9`"),
    ),
    "route table by hand": Case(
        STACK,
        plus(parts=Part(Kind.ROUTE_TABLE, "rtb-9", "vpc-1")),
        ("route table rtb-9",),
        ("delete-route-table --route-table-id rtb-9`",),
    ),
    "internet gateway by hand": Case(
        STACK,
        plus(parts=Part(Kind.INTERNET_GATEWAY, "igw-9", "vpc-1")),
        ("internet gateway igw-9",),
        (
            "`podsg lab exec -- aws ec2 detach-internet-gateway --internet-gateway-id igw-9 --vpc-id vpc-1`",
            "`podsg lab exec -- aws ec2 delete-internet-gateway --internet-gateway-id igw-9`",
        ),
    ),
    "NAT gateway by hand": Case(
        STACK,
        plus(
            parts=Part(
                Kind.NAT_GATEWAY,
                "nat-9",
                "vpc-1",
                frozenset({"subnet-1"}),
                interface_ids=frozenset({"eni-9"}),
            ),
            interfaces=Interface("eni-9", "vpc-1", "subnet-1", is_service_managed=True),
        ),
        ("NAT gateway nat-9",),
        ("subnet-1", "delete-nat-gateway --nat-gateway-id nat-9`"),
    ),
    "endpoint by hand with a group": Case(
        STACK,
        plus(parts=Part(Kind.VPC_ENDPOINT, "vpce-9", "vpc-9", group_ids=frozenset({"sg-pod"}))),
        ("VPC endpoint vpce-9",),
        ("sg-pod", "delete-vpc-endpoints --vpc-endpoint-ids vpce-9`"),
    ),
    "group by hand": Case(
        STACK,
        plus(parts=Part(Kind.SECURITY_GROUP, "sg-9", "vpc-1")),
        ("security group sg-9",),
        ("delete-security-group --group-id sg-9`",),
    ),
    "network ACL by hand": Case(
        STACK,
        plus(parts=Part(Kind.NETWORK_ACL, "acl-9", "vpc-1")),
        ("network ACL acl-9",),
        ("delete-network-acl --network-acl-id acl-9`",),
    ),
    "part of somebody's VPC": Case(STACK, plus(parts=Part(Kind.SUBNET, "subnet-9", "vpc-9")), ()),
    "attached policy": Case(
        STACK,
        plus(role_policies=RolePolicy("nodes", SESSIONS_ARN, False)),
        (f"policy {SESSIONS_ARN}",),
        (
            "belongs to role nodes (named-nodes)",
            f"`podsg lab exec -- aws iam detach-role-policy --role-name nodes --policy-arn {SESSIONS_ARN}`",
        ),
    ),
    "inline policy": Case(
        STACK,
        plus(role_policies=RolePolicy("nodes", "mine", True)),
        ("policy mine",),
        ("`podsg lab exec -- aws iam delete-role-policy --role-name nodes --policy-name mine`",),
    ),
    "policy of a role that gives up all": Case(
        STACK, plus(role_policies=RolePolicy("forced", SESSIONS_ARN, False)), ()
    ),
    "policy of somebody's role": Case(STACK, plus(role_policies=RolePolicy("theirs", "mine", True)), ()),
}
