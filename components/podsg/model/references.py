"""Ids and ARNs of what exists already: text in a stack file, or in a program an output."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

REFERENCE = "x-podsg-reference"
"""Key of a schema node whose value may come while the engine works."""


class Later:
    """A value that comes only while the engine works; nothing is said about it before."""

    def __str__(self) -> str:
        """Say what it is, for a place where it is refused."""
        return "a value that comes later"


def _reference(allowed: str) -> dict[str, object]:
    return {"patternErrorMessage": allowed, REFERENCE: True}


def _id(prefix: str, kind: str) -> dict[str, object]:
    return _reference(f"{kind} id: {prefix}- and 8 or 17 hexadecimal digits")


VpcId = Annotated[
    str,
    Field(
        pattern="^vpc-([0-9a-f]{8}|[0-9a-f]{17})$",
        json_schema_extra=_id("vpc", "a VPC"),
        examples=["vpc-0123456789abcdef0"],
    ),
]
SubnetId = Annotated[
    str,
    Field(
        pattern="^subnet-([0-9a-f]{8}|[0-9a-f]{17})$",
        json_schema_extra=_id("subnet", "a subnet"),
        examples=["subnet-0123456789abcdef0"],
    ),
]
_GROUP_ID = "^sg-([0-9a-f]{8}|[0-9a-f]{17})$"
SecurityGroupId = Annotated[
    str,
    Field(
        pattern=_GROUP_ID,
        json_schema_extra=_id("sg", "a security group"),
        examples=["sg-0123456789abcdef0"],
    ),
]
# Rules are named by the peer's group, so that one peer more or less moves no other: it is known at once.
PeerGroupId = Annotated[
    str,
    Field(
        pattern=_GROUP_ID,
        json_schema_extra={"patternErrorMessage": _id("sg", "a security group")["patternErrorMessage"]},
        examples=["sg-0123456789abcdef0"],
    ),
]
KeyArn = Annotated[
    str,
    Field(
        pattern="^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$",
        json_schema_extra=_reference(
            "the ARN of a KMS key, such as arn:aws:kms:<region>:<account>:key/<id>; not of an alias"
        ),
        examples=["arn:aws:kms:us-west-2:123456789012:key/0123abcd"],
    ),
]
RoleArn = Annotated[
    str,
    Field(
        pattern="^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$",
        json_schema_extra=_reference("the ARN of an IAM role, such as arn:aws:iam::<account>:role/<name>"),
        examples=["arn:aws:iam::123456789012:role/platform"],
    ),
]
LogGroupArn = Annotated[
    str,
    Field(
        pattern="^arn:aws[a-z-]*:logs:[a-z0-9-]+:[0-9]{12}:log-group:[A-Za-z0-9_/.#-]+$",
        json_schema_extra=_reference(
            "the ARN of a log group without :*, such as arn:aws:logs:<region>:<account>:log-group:<name>"
        ),
        examples=["arn:aws:logs:us-west-2:123456789012:log-group:/platform/flows"],
    ),
]
SecretArn = Annotated[
    str,
    Field(
        pattern="^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+$",
        json_schema_extra=_reference(
            "the ARN of a secret, such as arn:aws:secretsmanager:<region>:<account>:secret:<name>-<suffix>"
        ),
        examples=["arn:aws:secretsmanager:us-west-2:123456789012:secret:catalog-a1b2c3"],
    ),
]
OidcProviderArn = Annotated[
    str,
    Field(
        pattern="^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/.+$",
        max_length=512,
        json_schema_extra=_reference("the ARN of an IAM OpenID Connect provider"),
        examples=["arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE"],
    ),
]
# Source: EKS API, CreateCluster, name.
ClusterName = Annotated[
    str,
    Field(
        pattern="^[0-9A-Za-z][A-Za-z0-9_-]*$",
        max_length=100,
        json_schema_extra=_reference(
            "the name of an EKS cluster: at most 100 letters, digits, hyphens and underscores, no "
            "hyphen or underscore first"
        ),
        examples=["platform"],
    ),
]
# Source: RFC 1123, section 2.1.
HostName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$",
        max_length=253,
        json_schema_extra=_reference(
            "a DNS name without port, such as catalog.abc.us-west-2.rds.amazonaws.com"
        ),
        examples=["catalog.abc.us-west-2.rds.amazonaws.com"],
    ),
]
