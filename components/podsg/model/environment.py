"""The whole environment, as a stack file holds it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from podsg.model.addresses import refused
from podsg.model.cluster import ClusterSpec
from podsg.model.database import MOST_DATABASES, DatabaseSpec
from podsg.model.naming import EnvironmentName, PartName
from podsg.model.network import NetworkSpec
from podsg.model.node_group import NodeGroupSpec
from podsg.model.spec import Spec
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
    """One environment: network, cluster, nodes, databases, workloads."""

    name: EnvironmentName = Field(examples=["dev"])
    """Name of the environment, start of every physical name (1 to 20 characters). A change replaces all."""
    network: NetworkSpec = Field(examples=[{"cidr": "10.42.0.0/16"}])
    """VPC, subnets, NAT."""
    cluster: ClusterSpec = Field(examples=[{"version": "1.35"}])
    """EKS cluster with its VPC CNI."""
    # Source: EKS quotas, managed node groups per cluster: 30.
    node_groups: dict[PartName, NodeGroupSpec] = Field(
        min_length=1, max_length=30, examples=[{"workers": {"instance_types": ["m5.large"]}}]
    )
    """Managed node groups by name (1 to 30)."""
    databases: dict[PartName, DatabaseSpec] = Field(
        default={},
        max_length=MOST_DATABASES,
        examples=[{"catalog": {"engine": "mysql", "version": "8.4", "instance_class": "db.t4g.micro"}}],
    )
    """RDS databases by name (at most 40). Default: none."""
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
