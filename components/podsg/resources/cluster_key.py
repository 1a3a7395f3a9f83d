"""The key that encrypts the secrets of a cluster."""

import json

import pulumi
import pulumi_aws as aws

from podsg.resources.location import Location
from podsg.resources.owner import Owner

# Source: KMS developer guide, "Allows key administrators to administer the KMS key".
ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:Create*",
    "kms:Delete*",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:Put*",
    "kms:Revoke*",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
)


def make_cluster_key(owner: Owner, deletion_window_days: int, location: Location) -> pulumi.Output[str]:
    """Make a rotating key that the account administers and that only EKS uses; return its ARN.

    EKS uses it through a grant that it makes in the name of whoever creates the cluster (`kms:Create*` holds
    `kms:CreateGrant`), so no principal gets `kms:Decrypt`.

    Args:
        owner: Cluster that the key belongs to.
        deletion_window_days: How long the key can still be saved after its deletion (days, 7 to 30).
        location: Account that administers the key.

    Source: EKS user guide, "Encrypt Kubernetes secrets with KMS on existing clusters".
    """
    key = aws.kms.Key(
        owner.child("key"),
        description=f"Encrypts the Kubernetes secrets of {owner.name}",
        enable_key_rotation=True,
        deletion_window_in_days=deletion_window_days,
        policy=location.arn("arn:{partition}:iam::{account_id}:root").apply(key_policy),
        tags=owner.tagged("key"),
        opts=owner.options(),
    )
    aws.kms.Alias(
        owner.child("key-alias"),
        name=f"alias/{owner.name}-secrets",
        target_key_id=key.id,
        opts=owner.options(),
    )
    return key.arn


def key_policy(administrator_arn: str) -> str:
    """Write the policy of a key that one principal administers and nobody uses without a grant."""
    statement = {
        "Sid": "AdministerAndLetServicesUseByGrant",
        "Effect": "Allow",
        "Principal": {"AWS": administrator_arn},
        "Action": list(ADMINISTRATION),
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
