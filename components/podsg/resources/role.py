"""Roles and the policies that AWS manages."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from podsg.resources.location import Location
from podsg.resources.owner import Owner


def attach_policies(
    owner: Owner, role: aws.iam.Role, policies: Mapping[str, str], location: Location
) -> list[pulumi.Resource]:
    """Attach policies that AWS manages to the role of a component.

    Args:
        owner: Component that the role belongs to.
        role: The role.
        policies: Names of policies, such as `AmazonEKSClusterPolicy`, by the end of the attachment's name.
        location: Partition of the policies.

    Returns: The attachments; who uses the role has to wait for them.
    """
    return [
        aws.iam.RolePolicyAttachment(
            owner.child(f"role-{key}"),
            role=role.name,
            policy_arn=location.arn("arn:{partition}:iam::aws:policy/" + policy),
            opts=owner.options(),
        )
        for key, policy in policies.items()
    ]
