"""The flow log of a VPC, with the role and the log group it writes to."""

import json

import pulumi
import pulumi_aws as aws

from podsg.model import NetworkSpec
from podsg.resources.location import Location
from podsg.resources.owner import Owner
from podsg.resources.specification import Description
from podsg.resources.trust import service_trust

# Source: VPC user guide, "IAM role for publishing flow logs". CreateLogGroup is left out on purpose: the
# group is made before the flow log, and must not come back after it was deleted.
WRITE_ACTIONS = (
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
)


def record_flows(
    owner: Owner, vpc_id: pulumi.Input[str], description: Description[NetworkSpec], location: Location
) -> None:
    """Record accepted and rejected flows of a VPC in a log group.

    Args:
        owner: Network that the flow log belongs to.
        vpc_id: VPC whose flows are recorded.
        description: The network; a log group or role that it names is used as it is.
        location: Where the VPC is.
    """
    group_arn = description.given("flow_log_group_arn")
    if group_arn is None:
        group_arn = _make_group(owner, description.spec.flow_log_retention_days)
    role_arn = description.given("flow_log_role_arn")
    rights: list[pulumi.Resource] = []
    if role_arn is None:
        role = _make_role(owner, location)
        role_arn = role.arn
        rights = [_let_write(owner, role, group_arn)]
    aws.ec2.FlowLog(
        owner.child("flow-log"),
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group_arn,
        iam_role_arn=role_arn,
        tags=owner.tagged("flow-log"),
        opts=owner.options(*rights),
    )


def _make_group(owner: Owner, retention_days: int) -> pulumi.Output[str]:
    return aws.cloudwatch.LogGroup(
        owner.child("flow-log-group"),
        name=f"/aws/vpc-flow-log/{owner.name}",
        retention_in_days=retention_days,
        tags=owner.tagged("flow-log-group"),
        opts=owner.options(),
    ).arn


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


def _let_write(owner: Owner, role: aws.iam.Role, group_arn: pulumi.Input[str]) -> pulumi.Resource:
    return aws.iam.RolePolicy(
        owner.child("flow-log-policy"),
        role=role.name,
        policy=pulumi.Output.from_input(group_arn).apply(write_policy),
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
