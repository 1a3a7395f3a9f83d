"""Ids, ARNs and names of existing things that pass, in every form that AWS gives them."""

from __future__ import annotations

import pytest

from podsg.model import parse_environment
from podsg.model.location import Location
from tests.pure.environments import all_made_here, in_existing_network, workloads_alone
from tests.pure.mistakes import make
from tests.pure.mistakes.mistake import Start

HEX = "0123456789abcdef0"


@pytest.mark.parametrize(
    ("start", "location", "value"),
    [
        (workloads_alone, ("existing_network", "vpc_id"), "vpc-01234567"),
        (workloads_alone, ("existing_network", "vpc_id"), f"vpc-{HEX}"),
        (in_existing_network, ("existing_network", "private_subnet_ids", 0), "subnet-01234567"),
        (workloads_alone, ("existing_cluster", "node_security_group_id"), f"sg-{HEX}"),
        (workloads_alone, ("existing_cluster", "name"), "0_Platform-1"),
        (in_existing_network, ("cluster", "key_arn"), "arn:aws-cn:kms:cn-north-1:123456789012:key/0-a"),
        (
            in_existing_network,
            ("cluster", "key_arn"),
            "arn:aws-eusc:kms:eusc-de-east-1:123456789012:key/mrk-0a",
        ),
        (in_existing_network, ("cluster", "role_arn"), "arn:aws-iso-b:iam::123456789012:role/a/b/C+=,.@_-1"),
        (
            in_existing_network,
            ("cluster", "role_arn"),
            "arn:aws:iam::123456789012:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
        ),
        (
            all_made_here,
            ("network", "flow_log_group_arn"),
            "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/a/b.c_d#1-2",
        ),
        (
            workloads_alone,
            ("existing_databases", "orders", "secret_arn"),
            "arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!cluster-0123-a1b2c3",
        ),
        (
            workloads_alone,
            ("existing_databases", "orders", "address"),
            "Orders.cluster-ro-abc.example.com.cn",
        ),
        (workloads_alone, ("existing_databases", "orders", "port"), 1),
        (all_made_here, ("network", "zones"), ["us-gov-west-1a", "us-gov-west-1b", "us-gov-west-1c"]),
        (all_made_here, ("network", "zones"), ["eusc-de-east-1a", "eusc-de-east-1b", "eusc-de-east-1c"]),
        (all_made_here, ("node_groups", "workers", "instance_types"), ["i3.metal", "c5.large"]),
        *(
            (in_existing_network, ("databases", "catalog", "instance_class"), name)
            for name in ("db.t4g.medium", "db.t3.large", "db.r5.24xlarge", "db.r8gd.large", "db.x2g.16xlarge")
        ),
    ],
)
def test_what_aws_gives_passes(start: Start, location: Location, value: object) -> None:
    # given an environment with a value as AWS gives it
    written = start()
    make(written, location, value)

    # when read, then it passes
    assert parse_environment(written).name == written["name"]
