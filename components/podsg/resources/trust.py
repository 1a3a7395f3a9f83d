"""Documents that say who may assume a role."""

from typing import Optional

import pulumi

from podsg.resources.location import Location


def service_trust(
    service: str, location: Location, source_arn: Optional[pulumi.Input[str]] = None
) -> pulumi.Output[str]:
    """Let one AWS service assume a role, and only on behalf of one resource where the service can say which.

    Args:
        service: Service principal, for example `eks.amazonaws.com`.
        location: Account that the resource must belong to.
        source_arn: ARN, or ARN pattern, of the resource the service must act for; EC2 instances have none.

    Source: IAM user guide, "The confused deputy problem".
    """
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if source_arn is not None:
        statement["Condition"] = {
            "StringEquals": {"aws:SourceAccount": location.account_id},
            "ArnLike": {"aws:SourceArn": source_arn},
        }
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
