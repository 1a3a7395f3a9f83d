"""The EKS cluster and who may use its API."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from podsg.model.addresses import PrivateSourceCidr, PublicSourceCidr, refused
from podsg.model.references import KeyArn, RoleArn, SecurityGroupId
from podsg.model.retention import RetentionDays
from podsg.model.spec import Spec
from podsg.model.vpc_cni import VpcCniSpec

_PLACEHOLDERS = ("{cluster_name}", "{region}")
_VERSION_ALLOWED = 'text "1.30" or newer, in quotes, such as "1.35"'
_PRINCIPAL_ALLOWED = "the ARN of an IAM role or user, such as arn:aws:iam::<account>:role/<name>"


def _known_placeholders(argument: str) -> str:
    for placeholder in re.findall(r"\{[^{}]*\}", argument):
        if placeholder not in _PLACEHOLDERS:
            raise refused(f"text whose placeholders are {' or '.join(_PLACEHOLDERS)}")
    return argument


# Source: Linux, execve(2): a path has at most 4095 characters, one argument at most 131071.
LoginCommand = Annotated[
    str,
    Field(
        min_length=1,
        max_length=4095,
        json_schema_extra={
            "patternErrorMessage": "the name or path of a program: text of 1 to 4095 characters"
        },
    ),
]
LoginArgument = Annotated[
    str,
    AfterValidator(_known_placeholders),
    Field(max_length=131071, json_schema_extra={"patternErrorMessage": "text of at most 131071 characters"}),
]
PrincipalArn = Annotated[
    str,
    Field(
        pattern="^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$",
        json_schema_extra={"patternErrorMessage": _PRINCIPAL_ALLOWED},
    ),
]


class EndpointAccessSpec(Spec):
    """From where the Kubernetes API can be reached."""

    # Source: EKS quotas, public endpoint access CIDR ranges per cluster: 40.
    public_cidrs: list[PublicSourceCidr] = Field(default=[], max_length=40, examples=[["203.0.113.0/24"]])
    """Public IPv4 networks that may reach the public endpoint (at most 40, each /8 to /32).

    Default: none, then the API can only be reached from inside the VPC."""
    # Each is a rule of the cluster security group, which has room for 60.
    private_cidrs: list[PrivateSourceCidr] = Field(default=[], max_length=20, examples=[["10.0.0.0/8"]])
    """Networks beyond the VPC that may reach the private endpoint, such as a VPN (at most 20, /8 to /32).

    Default: none."""


class LoginSpec(Spec):
    """The command that gets a token for the Kubernetes API; no token is ever stored.

    It uses the ambient AWS credentials of the shell, not those of the AWS provider: with `aws:profile` or
    `assumeRole` in the stack's config, give the same profile or role in `args`.
    """

    command: LoginCommand = Field(default="aws", examples=["aws"])
    """Program that prints an ExecCredential (text, 1 to 4095 characters)."""
    # Our own limit: a shell takes thousands of arguments, no login command needs more than a few dozen.
    args: list[LoginArgument] = Field(
        default=[
            "eks",
            "get-token",
            "--cluster-name",
            "{cluster_name}",
            "--region",
            "{region}",
            "--output",
            "json",
        ],
        max_length=100,
        examples=[
            [
                "eks",
                "get-token",
                "--cluster-name",
                "{cluster_name}",
                "--region",
                "{region}",
                "--output",
                "json",
            ]
        ],
    )
    """Its arguments (at most 100); `{cluster_name}` and `{region}` are filled in.

    Name the profile or role of the stack's config here too, such as `--profile` or `--role-arn`.
    Default: those of `aws eks get-token`."""


class ClusterSpec(Spec):
    """One EKS cluster that is set up for pod ENIs."""

    version: str = Field(
        default="1.35",
        pattern=r"^1\.[3-9][0-9]$",
        json_schema_extra={"patternErrorMessage": _VERSION_ALLOWED},
        examples=["1.35"],
    )
    """Kubernetes version (text, "1.30" or newer). Newer versions are reached one minor version at a time."""
    endpoint_access: EndpointAccessSpec = Field(default=EndpointAccessSpec(), examples=[{}])
    """From where the Kubernetes API can be reached. Default: from inside the VPC only.

    With no `public_cidrs`, the first `pulumi up` has to run from a network that reaches the VPC; else name
    the public network it runs from in `public_cidrs`."""
    log_retention_days: RetentionDays = Field(default=365, examples=[365])
    """How long control plane logs are kept (days, one of the values of CloudWatch Logs)."""
    # Our own limit: each is an access entry with its policy; larger circles share a role.
    admin_principal_arns: list[PrincipalArn] = Field(
        default=[], max_length=100, examples=[["arn:aws:iam::123456789012:role/admin"]]
    )
    """IAM roles and users that administer the cluster, the one that deploys among them (ARNs, at most 100).

    Default: whoever deploys. Name them where several deploy, or each takes away the access of another."""
    key_arn: KeyArn | None = Field(default=None, examples=["arn:aws:kms:us-west-2:123456789012:key/0123abcd"])
    """ARN of a KMS key for the secrets in the cluster. Default: one is made, with rotation."""
    # Source: KMS API, ScheduleKeyDeletion, PendingWindowInDays.
    key_deletion_window_days: int = Field(default=30, ge=7, le=30, examples=[30])
    """How long a key made here can be saved after its deletion (days, 7 to 30)."""
    role_arn: RoleArn | None = Field(default=None, examples=["arn:aws:iam::123456789012:role/platform"])
    """ARN of a role for the control plane that exists already.

    It must have the policies AmazonEKSClusterPolicy and AmazonEKSVPCResourceController.
    Default: one is made."""
    create_log_group: bool = Field(default=True, examples=[True])
    """Makes the log group of the control plane; false for one that exists already."""
    node_security_group_id: SecurityGroupId | None = Field(default=None, examples=["sg-0123456789abcdef0"])
    """Id of a security group for the nodes of the environment that exists already. Default: one is made.

    A cluster by itself has no nodes and does not look at it."""
    vpc_cni: VpcCniSpec = Field(default=VpcCniSpec(), examples=[{"enforcing_mode": "strict"}])
    """Settings of the VPC CNI. Default: pod ENIs on, strict mode, external SNAT."""
    login: LoginSpec = Field(default=LoginSpec(), examples=[{}])
    """How to log in to the Kubernetes API. Default: `aws eks get-token`.

    The login command uses the ambient AWS credentials of the shell: with `aws:profile` or `assumeRole` in
    the stack's config, give the same profile or role in `args`."""
    deletion_protection: bool | None = Field(default=None, examples=[True])
    """EKS refuses to delete the cluster while this is true.

    Default: as `deletion_protection` of the environment says; a cluster by itself is protected."""


def login_arguments(login: LoginSpec, cluster_name: str, region: str) -> list[str]:
    """Fill cluster and region into the arguments of the login command.

    Args:
        login: The command and its arguments.
        cluster_name: Name of the EKS cluster.
        region: Region of the cluster.

    Returns:
        The arguments in the order written.

    Example:
        >>> login_arguments(LoginSpec(args=["{region}", "{cluster_name}"]), "dev-cluster", "us-west-2")
        ['us-west-2', 'dev-cluster']
    """
    return [text.replace("{cluster_name}", cluster_name).replace("{region}", region) for text in login.args]
