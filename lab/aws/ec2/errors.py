"""EC2's refusals: code and text as EC2 gives them."""

from __future__ import annotations

from moto.ec2.exceptions import EC2ClientError


def ec2_error(code: str, message: str) -> EC2ClientError:
    """Build an error that moto sends as EC2 would."""
    return EC2ClientError(code, message)


def has_dependencies(kind: str, resource_id: str) -> EC2ClientError:
    """Refuse to delete a VPC, subnet, route table or gateway that others need.

    Source: gruntwork-io/cloud-nuke issue 345 (VPC), terraform-aws-modules/terraform-aws-vpc issue 1081
    (subnet), saltstack/salt issue 60140 (route table, internet gateway) quote the text.
    """
    problem = f"The {kind} '{resource_id}' has dependencies and cannot be deleted."
    return ec2_error("DependencyViolation", problem)


def not_found(code: str, kind: str, resource_id: str) -> EC2ClientError:
    """Refuse an identifier that names nothing."""
    return ec2_error(code, f"The {kind} '{resource_id}' does not exist")
