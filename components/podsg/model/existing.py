"""Parts of an environment that exist already and are used as they are."""

from __future__ import annotations

from pydantic import Field

from podsg.model.cluster import LoginSpec
from podsg.model.network import MOST_ZONES, ZoneName
from podsg.model.references import (
    ClusterName,
    HostName,
    OidcProviderArn,
    SecretArn,
    SecurityGroupId,
    SubnetId,
    VpcId,
)
from podsg.model.spec import Spec

# Our own limit: a cluster or node group with more subnets than this has never been seen.
_MOST_SUBNETS = 30


class ExistingNetworkSpec(Spec):
    """A VPC that exists already; its routes, NAT and endpoints stay as they are."""

    vpc_id: VpcId = Field(examples=["vpc-0123456789abcdef0"])
    """Id of the VPC."""
    private_subnet_ids: list[SubnetId] = Field(
        default=[],
        max_length=_MOST_SUBNETS,
        examples=[["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]],
    )
    """Ids of private subnets in two zones or more (at most 30), for a cluster, nodes and databases made here.

    Default: none, where none of them is made."""
    pod_subnet_ids: dict[ZoneName, SubnetId] = Field(
        default={},
        max_length=MOST_ZONES,
        examples=[{"us-west-2a": "subnet-0123456789abcdef0", "us-west-2b": "subnet-0123456789abcdef1"}],
    )
    """Ids of subnets for pods alone (zone to id, at most 6), for custom networking of a cluster made here.

    Default: none, then pods live in the subnets of their nodes."""


class ExistingClusterSpec(Spec):
    """An EKS cluster that exists already; it gets policies and namespaces, and rules in its groups."""

    name: ClusterName = Field(examples=["platform"])
    """Name of the cluster."""
    node_security_group_id: SecurityGroupId | None = Field(default=None, examples=["sg-0123456789abcdef0"])
    """Id of the security group of its nodes, which the probes of the kubelet come from.

    Default: the cluster security group, which nodes of managed node groups carry."""
    dns_security_group_id: SecurityGroupId | None = Field(default=None, examples=["sg-0123456789abcdef0"])
    """Id of the security group that CoreDNS is reached through, in which port 53 is opened.

    Default: `node_security_group_id`, as CoreDNS runs on nodes; without it the cluster security group."""
    oidc_provider_arn: OidcProviderArn | None = Field(
        default=None,
        examples=["arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE"],
    )
    """ARN of its IAM OpenID Connect provider, which roles for service accounts trust. Default: none."""
    login: LoginSpec = Field(default=LoginSpec(), examples=[{}])
    """How to log in to its Kubernetes API. Default: `aws eks get-token`."""


class ExistingDatabaseSpec(Spec):
    """A database that exists already; grants bring rules into its security group, and nothing else."""

    address: HostName = Field(examples=["catalog.abc.us-west-2.rds.amazonaws.com"])
    """DNS name of the database, without port."""
    port: int = Field(ge=1, le=65535, examples=[3306])
    """TCP port (1 to 65535)."""
    security_group_id: SecurityGroupId = Field(examples=["sg-0123456789abcdef0"])
    """Id of its security group."""
    secret_arn: SecretArn | None = Field(
        default=None, examples=["arn:aws:secretsmanager:us-west-2:123456789012:secret:catalog-a1b2c3"]
    )
    """ARN of the secret with its password. Default: none."""
