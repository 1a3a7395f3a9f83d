"""Ids and ARNs of the wrong form, at every place that takes one."""

from __future__ import annotations

from collections.abc import Iterator

from tests.pure.environments import all_made_here, in_existing_network, workloads_alone
from tests.pure.mistakes.mistake import Location, Mistake, Start, mistake

KEY = "the ARN of a KMS key, such as arn:aws:kms:<region>:<account>:key/<id>; not of an alias"
ROLE = "the ARN of an IAM role, such as arn:aws:iam::<account>:role/<name>"
GROUP = "a security group id: sg- and 8 or 17 hexadecimal digits"
SUBNET = "a subnet id: subnet- and 8 or 17 hexadecimal digits"
LOG_GROUP = "the ARN of a log group without :*"
SECRET = "the ARN of a secret, such as"
ALIAS = "arn:aws:kms:us-west-2:123456789012:alias/platform"
POLICY = "arn:aws:iam::123456789012:policy/platform"
WRONG_GROUPS = ("sg-1", "sg-0123456789ABCDEF0", "vpc-0123456789abcdef0", "shop")

GROUP_PLACES: tuple[tuple[Start, Location], ...] = (
    (in_existing_network, ("cluster", "node_security_group_id")),
    (in_existing_network, ("databases", "catalog", "security_group_id")),
    (in_existing_network, ("workloads", "catalog", "security_group_ids", 0)),
    (in_existing_network, ("workloads", "catalog", "security_group_ids", 1)),
    (workloads_alone, ("existing_cluster", "node_security_group_id")),
    (workloads_alone, ("existing_databases", "orders", "security_group_id")),
)
OTHERS: tuple[tuple[Start, Location, str, str], ...] = (
    (
        all_made_here,
        ("network", "flow_log_group_arn"),
        "arn:aws:logs:us-west-2:123456789012:log-group:flows:*",
        LOG_GROUP,
    ),
    (all_made_here, ("network", "flow_log_group_arn"), "/platform/flows", LOG_GROUP),
    (all_made_here, ("network", "flow_log_role_arn"), POLICY, ROLE),
    (
        in_existing_network,
        ("existing_network", "vpc_id"),
        "vpc-1",
        "a VPC id: vpc- and 8 or 17 hexadecimal digits",
    ),
    (in_existing_network, ("existing_network", "private_subnet_ids", 1), "sn-01234567", SUBNET),
    (in_existing_network, ("existing_network", "pod_subnet_ids", "us-west-2a"), "subnet-0", SUBNET),
    (in_existing_network, ("cluster", "key_arn"), ALIAS, KEY),
    (in_existing_network, ("cluster", "key_arn"), "0123abcd", KEY),
    (in_existing_network, ("cluster", "role_arn"), "platform", ROLE),
    (in_existing_network, ("node_groups", "workers", "role_arn"), POLICY, ROLE),
    (in_existing_network, ("databases", "catalog", "key_arn"), ALIAS, KEY),
    (
        workloads_alone,
        ("existing_databases", "orders", "secret_arn"),
        "arn:aws:secretsmanager:orders",
        SECRET,
    ),
)


def _peers() -> Iterator[Mistake]:
    for direction in ("ingress_from", "egress_to"):
        yield mistake(
            f"no group id in {direction}",
            ("workloads", "ui", direction),
            [{"security_group_id": "sg-1", "ports": [443]}],
            GROUP,
            f"workloads.ui.{direction}[0].security_group_id",
            found='"sg-1"',
        )


REFERENCE_MISTAKES = (
    *(
        mistake(f"{wrong} for the group at {location}", location, wrong, GROUP, start=start)
        for start, location in GROUP_PLACES
        for wrong in WRONG_GROUPS
    ),
    *(
        mistake(f"{wrong} at {location}", location, wrong, allowed, start=start, found=wrong.split(":")[0])
        for start, location, wrong, allowed in OTHERS
    ),
    *_peers(),
    mistake("number for a group", GROUP_PLACES[0][1], 1234567, GROUP, start=in_existing_network),
)
