"""Mistakes in what exists already, and in how it stands beside what is made here."""

from __future__ import annotations

from tests.pure.environments import (
    GROUPS,
    SUBNETS,
    all_made_here,
    in_existing_network,
    workloads_alone,
)
from tests.pure.mistakes.mistake import MISSING, Location, Start, mistake

VPC: Location = ("existing_network",)
PRIVATE: Location = (*VPC, "private_subnet_ids")
PODS: Location = (*VPC, "pod_subnet_ids")
DATABASE: Location = ("existing_databases", "orders")

PARTS = (
    mistake("no network", ("network",), MISSING, "a network to be made, or existing_network"),
    mistake("empty network", ("network",), None, "a network to be made, or existing_network"),
    mistake("no cluster", ("cluster",), MISSING, "a cluster to be made, or existing_cluster"),
    mistake(
        "two networks",
        ("existing_network",),
        {"vpc_id": "vpc-01234567", "private_subnet_ids": SUBNETS},
        "either network or existing_network",
        found="network beside it",
    ),
    mistake(
        "two clusters",
        ("existing_cluster",),
        {"name": "platform"},
        "either cluster or existing_cluster",
        start=in_existing_network,
        found="cluster beside it",
    ),
    mistake(
        "no cluster that exists",
        ("existing_cluster",),
        MISSING,
        "a cluster to be made, or existing_cluster",
        "cluster",
        start=workloads_alone,
    ),
    mistake(
        "misspelt existing part",
        ("existing_cluter",),
        {"name": "platform"},
        "existing_cluster, the nearest of",
        start=workloads_alone,
        found="an unknown key",
    ),
)
NETWORK = (
    mistake(
        "no VPC",
        (*VPC, "vpc_id"),
        MISSING,
        "a VPC id: vpc- and 8 or 17 hexadecimal digits",
        start=in_existing_network,
    ),
    mistake(
        "misspelt VPC",
        (*VPC, "vpc"),
        "vpc-01234567",
        "vpc_id, the nearest of vpc_id, private_subnet_ids",
        start=in_existing_network,
        found="an unknown key",
    ),
    mistake(
        "no subnets for a cluster",
        PRIVATE,
        [],
        "ids of private subnets, 2 to 30, in two zones or more",
        start=in_existing_network,
        found="0 for cluster, node_groups, databases",
    ),
    mistake(
        "one subnet for a cluster",
        PRIVATE,
        SUBNETS[:1],
        "ids of private subnets, 2 to 30",
        start=in_existing_network,
        found="1 for cluster, node_groups, databases",
    ),
    mistake(
        "nodes without subnets",
        ("node_groups",),
        {"workers": {"instance_types": ["m5.large"]}},
        "ids of private subnets",
        "existing_network.private_subnet_ids",
        start=workloads_alone,
        found="0 for node_groups",
    ),
    mistake("subnet twice", (*PRIVATE, 2), SUBNETS[0], "each value once", start=in_existing_network),
    mistake(
        "too many subnets",
        PRIVATE,
        [f"subnet-0123456789abcde{number:02}" for number in range(31)],
        "a list of 0 to 30 items",
        start=in_existing_network,
    ),
    mistake("list for pod subnets", PODS, SUBNETS, "a mapping of 0 to 6 entries", start=in_existing_network),
    mistake(
        "pod subnets of no zone",
        (*PODS, "a"),
        SUBNETS[0],
        "the region and a letter from a to f",
        start=in_existing_network,
        found='the key "a"',
    ),
    mistake(
        "pod subnets of another region",
        (*PODS, "us-east-1a"),
        "subnet-01234567",
        "a zone of us-west-2, the region of the first zone",
        start=in_existing_network,
        found='"us-east-1a"',
    ),
    mistake(
        "pod subnet of two zones",
        (*PODS, "us-west-2c"),
        "subnet-0123456789abcdef2",
        "each value once",
        start=in_existing_network,
        found="as in existing_network.pod_subnet_ids.us-west-2a",
    ),
    mistake(
        "pod subnets of a cluster that exists",
        PODS,
        {"us-west-2a": SUBNETS[0]},
        "none, as custom networking of that cluster is set up where it is made",
        start=workloads_alone,
        found="subnets for pods of an existing cluster",
    ),
    mistake(
        "pod subnets without custom networking",
        ("cluster", "vpc_cni", "custom_networking"),
        False,
        "true with existing_network.pod_subnet_ids, false without it",
        start=in_existing_network,
        found="false with subnets for pods",
    ),
)
CLUSTER = (
    mistake(
        "bad cluster name",
        ("existing_cluster", "name"),
        "-platform",
        "the name of an EKS cluster: at most 100",
        start=workloads_alone,
    ),
    mistake(
        "long cluster name",
        ("existing_cluster", "name"),
        "p" * 101,
        "at most 100 letters",
        start=workloads_alone,
        found='"ppp',
    ),
    mistake(
        "issuer for provider",
        ("existing_cluster", "oidc_provider_arn"),
        "https://oidc.eks.example/id/EXAMPLE",
        "the ARN of an IAM OpenID Connect provider",
        start=workloads_alone,
    ),
    mistake(
        "misspelt login",
        ("existing_cluster", "login", "comand"),
        "aws",
        "command, the nearest of command, args",
        start=workloads_alone,
        found="an unknown key",
    ),
)
DATABASES = (
    mistake(
        "URL for address",
        (*DATABASE, "address"),
        "postgresql://orders.example.com/orders",
        "a DNS name without port",
        start=workloads_alone,
    ),
    mistake(
        "address with port",
        (*DATABASE, "address"),
        "orders.example.com:5432",
        "a DNS name without port",
        start=workloads_alone,
    ),
    mistake(
        "address of one word",
        (*DATABASE, "address"),
        "orders",
        "a DNS name without port",
        start=workloads_alone,
    ),
    mistake("port 0 of a database", (*DATABASE, "port"), 0, "1 to 65535", start=workloads_alone),
    mistake("port 70000 of a database", (*DATABASE, "port"), 70000, "1 to 65535", start=workloads_alone),
    mistake(
        "no database group",
        (*DATABASE, "security_group_id"),
        MISSING,
        "a security group id: sg- and 8 or 17",
        start=workloads_alone,
    ),
    mistake(
        "password for secret",
        (*DATABASE, "secret_arn"),
        "swordfish",
        "the ARN of a secret",
        start=workloads_alone,
    ),
    mistake(
        "database twice over",
        ("existing_databases",),
        {"catalog": {"address": "a.example", "port": 3306, "security_group_id": GROUPS[0]}},
        "each name once",
        "existing_databases.catalog",
        found="a name of databases.catalog too",
        start=all_made_here,
    ),
    mistake(
        "unknown database that exists",
        ("workloads", "orders", "databases", 0),
        "order",
        "orders, the nearest of orders",
        start=workloads_alone,
    ),
    mistake(
        "no database at all",
        ("existing_databases",),
        {},
        "one of the databases of this input: none, as databases is empty",
        "workloads.orders.databases[0]",
        start=workloads_alone,
        found='"orders"',
    ),
)

# Environment, part, key that has no effect there, key that is why.
WITHOUT_EFFECT: tuple[tuple[Start, Location, str, str], ...] = (
    (in_existing_network, ("cluster",), "key_deletion_window_days", "key_arn"),
    (in_existing_network, ("cluster",), "log_retention_days", "create_log_group"),
    (in_existing_network, ("databases", "catalog"), "log_retention_days", "create_log_groups"),
)
SETTINGS = (
    *(
        mistake(
            f"{key} beside {other} of {part[0]}",
            (*part, key),
            30,
            f"no {key}, as nothing is made that it is for",
            start=start,
            found=f"30, which has no effect beside {'.'.join(map(str, part))}.{other}",
        )
        for start, part, key, other in WITHOUT_EFFECT
    ),
    mistake(
        "flow log group that exists and retention",
        ("network",),
        {
            "cidr": "10.42.0.0/16",
            "flow_log_group_arn": "arn:aws:logs:us-west-2:123456789012:log-group:/platform/flows",
            "flow_log_retention_days": 30,
        },
        "no flow_log_retention_days, as nothing is made that it is for",
        "network.flow_log_retention_days",
        found="30, which has no effect beside network.flow_log_group_arn",
    ),
)

EXISTING_MISTAKES = (*PARTS, *NETWORK, *CLUSTER, *DATABASES, *SETTINGS)
