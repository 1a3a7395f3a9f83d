"""The flow log of a VPC, with the role and the log group it writes to."""

import json

import pulumi
import pulumi_aws as aws

from podsg.resources.location import Location
from podsg.resources.owner import Owner
from podsg.resources.trust import service_trust

# Source: VPC user guide, "IAM role for publishing flow logs". CreateLogGroup is left out on purpose: the
# group is made before the flow log, and must not come back after it was deleted.
WRITE_ACTIONS = (
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
)


def record_flows(owner: Owner, vpc_id: pulumi.Input[str], retention_days: int, location: Location) -> None:
    """Record accepted and rejected flows of a VPC in a log group.

    Args:
        owner: Network that the flow log belongs to.
        vpc_id: VPC whose flows are recorded.
        retention_days: How long a record is kept (days).
        location: Where the VPC is.
    """
    group = aws.cloudwatch.LogGroup(
        owner.child("flow-log-group"),
        name=f"/aws/vpc-flow-log/{owner.name}",
        retention_in_days=retention_days,
        tags=owner.tagged("flow-log-group"),
        opts=owner.options(),
    )
    role = _make_role(owner, location)
    policy = aws.iam.RolePolicy(
        owner.child("flow-log-policy"),
        role=role.name,
        policy=group.arn.apply(write_policy),
        opts=owner.options(),
    )
    aws.ec2.FlowLog(
        owner.child("flow-log"),
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        tags=owner.tagged("flow-log"),
        opts=owner.options(policy),
    )


def _make_role(owner: Owner, location: Location) -> aws.iam.Role:
    return aws.iam.Role(
        owner.child("flow-log-role"),
        description=f"Lets the flow log of {owner.name} write to its log group",
        assume_role_policy=service_trust(
            "vpc-flow-logs.amazonaws.com",
            location,
            location.arn("arn:{partition}:ec2:{region}:{account_id}:vpc-flow-log/*"),
        ),
        tags=owner.tagged("flow-log-role"),
        opts=owner.options(),
    )


def write_policy(group_arn: str) -> str:
    """Write the policy that lets a flow log write to one log group and make none."""
    statement = {
        "Effect": "Allow",
        "Action": list(WRITE_ACTIONS),
        "Resource": [group_arn, f"{group_arn}:*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
