"""The whole environment, as a stack file holds it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from podsg.model.addresses import refused
from podsg.model.cluster import ClusterSpec
from podsg.model.database import MOST_DATABASES, DatabaseSpec, database_port
from podsg.model.existing import ExistingClusterSpec, ExistingDatabaseSpec, ExistingNetworkSpec
from podsg.model.naming import EnvironmentName, PartName
from podsg.model.network import NetworkSpec
from podsg.model.node_group import NodeGroupSpec
from podsg.model.removal import DestroySpec
from podsg.model.spec import Spec
from podsg.model.waiver import WaiverSpec
from podsg.model.workload import WorkloadSpec

# Ours, or read by AWS and by the VPC Resource Controller, which deletes what carries its own keys.
_TAKEN_KEYS = re.compile(
    "^(aws:|podsg:|eks:|kubernetes[.]io/cluster/|node[.]k8s[.]amazonaws[.]com/|cluster[.]k8s[.]amazonaws[.]com/"
    "|vpcresources[.]k8s[.]aws/|name$)",
    re.IGNORECASE,
)
_TAG_KEY_ALLOWED = "a tag key: 1 to 128 letters, digits, spaces and + - = . _ : / @"
_TAG_VALUE_ALLOWED = "a tag value in quotes: at most 256 letters, digits, spaces and + - = . _ : / @"


def _free_key(key: str) -> str:
    if _TAKEN_KEYS.match(key):
        raise refused(
            "a key that is not Name and does not start with aws:, podsg:, eks: or a Kubernetes prefix of EKS"
        )
    return key


TagKey = Annotated[
    str,
    Field(
        pattern="^[A-Za-z0-9 +=._:/@-]+$",
        max_length=128,
        json_schema_extra={"patternErrorMessage": _TAG_KEY_ALLOWED},
    ),
    AfterValidator(_free_key),
]
TagValue = Annotated[
    str,
    Field(
        pattern="^[A-Za-z0-9 +=._:/@-]*$",
        max_length=256,
        json_schema_extra={"patternErrorMessage": _TAG_VALUE_ALLOWED},
        examples=["shop"],
    ),
]


class EnvironmentSpec(Spec):
    """One environment: network, cluster, nodes, databases and workloads, made here or used as they exist."""

    name: EnvironmentName = Field(examples=["dev"])
    """Name of the environment, start of every physical name (1 to 20 characters). A change replaces all."""
    network: NetworkSpec | None = Field(default=None, examples=[{"cidr": "10.42.0.0/16"}])
    """VPC, subnets, NAT. Default: none, then `existing_network` is needed."""
    existing_network: ExistingNetworkSpec | None = Field(
        default=None, examples=[{"vpc_id": "vpc-0123456789abcdef0"}]
    )
    """VPC that exists already, instead of `network`. Default: none."""
    cluster: ClusterSpec | None = Field(default=None, examples=[{"version": "1.35"}])
    """EKS cluster with its VPC CNI. Default: none, then `existing_cluster` is needed."""
    existing_cluster: ExistingClusterSpec | None = Field(default=None, examples=[{"name": "platform"}])
    """EKS cluster that exists already, instead of `cluster`. Default: none."""
    # Source: EKS quotas, managed node groups per cluster: 30.
    node_groups: dict[PartName, NodeGroupSpec] = Field(
        default={}, max_length=30, examples=[{"workers": {"instance_types": ["m5.large"]}}]
    )
    """Managed node groups by name (at most 30; at least one for a cluster made here). Default: none."""
    databases: dict[PartName, DatabaseSpec] = Field(
        default={},
        max_length=MOST_DATABASES,
        examples=[{"catalog": {"engine": "mysql", "version": "8.4", "instance_class": "db.t4g.micro"}}],
    )
    """RDS databases by name (at most 40). Default: none."""
    existing_databases: dict[PartName, ExistingDatabaseSpec] = Field(
        default={},
        max_length=MOST_DATABASES,
        examples=[
            {
                "orders": {
                    "address": "orders.abc.us-west-2.rds.amazonaws.com",
                    "port": 5432,
                    "security_group_id": "sg-0123456789abcdef0",
                }
            }
        ],
    )
    """Databases that exist already, by name (at most 40); no name is in `databases` too. Default: none."""
    # Source: VPC quotas, security groups per Region: 2500, of which each workload has one.
    workloads: dict[PartName, WorkloadSpec] = Field(
        default={},
        max_length=2500,
        examples=[
            {
                "catalog": {
                    "namespace": "catalog",
                    "pod_selector": {"app.kubernetes.io/name": "catalog"},
                    "ports": [8080],
                    "databases": ["catalog"],
                }
            }
        ],
    )
    """Workloads with security groups of their own, by name (at most 2500). Default: none."""
    deletion_protection: bool = Field(default=True, examples=[True])
    """AWS refuses to delete cluster and databases while this is true; a part may say otherwise for itself.

    To destroy an environment: set it to false, run `pulumi up`, then `pulumi destroy`."""
    destroy: DestroySpec = Field(default=DestroySpec(), examples=[{}])
    """How it is destroyed. Default: 30 minutes for pods, 30 for network interfaces, nothing of others."""
    # Our own limit: whoever needs more has another problem.
    waivers: list[WaiverSpec] = Field(
        default=[],
        max_length=100,
        examples=[
            [
                {
                    "guardrail": "pod-eni-enabled",
                    "subject": "cluster.vpc_cni",
                    "reason": "the pods come next month",
                    "until": "2026-12-31",
                }
            ]
        ],
    )
    """Findings of guardrails that are left standing for a while (at most 100). Default: none."""
    # Source: EC2 user guide, "Tag restrictions": 50 tags per resource. Up to ten are not the user's: name,
    # owner, environment, the Kubernetes role of a subnet, and those that EKS adds.
    tags: dict[TagKey, TagValue] = Field(default={}, max_length=40, examples=[{"team": "shop"}])
    """Tags of everything that takes tags (key to value, at most 40). Default: none but ours."""


def created_namespaces(spec: EnvironmentSpec) -> tuple[str, ...]:
    """List the namespaces that the environment makes.

    Returns:
        Distinct names, sorted; empty if every namespace exists already.
    """
    return tuple(sorted({work.namespace for work in spec.workloads.values() if work.create_namespace}))


def protected(spec: EnvironmentSpec, part: ClusterSpec | DatabaseSpec) -> bool:
    """Tell whether AWS refuses to delete a part of an environment."""
    return spec.deletion_protection if part.deletion_protection is None else part.deletion_protection


def database_ports(spec: EnvironmentSpec) -> dict[str, int]:
    """List the TCP port of each database, made here or not, by name."""
    ports = {name: database_port(database) for name, database in spec.databases.items()}
    return ports | {name: database.port for name, database in spec.existing_databases.items()}


def has_pod_subnets(spec: EnvironmentSpec) -> bool:
    """Tell whether the network has subnets for pods alone."""
    if spec.network is not None:
        return spec.network.pod_cidr is not None
    return spec.existing_network is not None and bool(spec.existing_network.pod_subnet_ids)
