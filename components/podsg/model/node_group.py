"""Managed node groups."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from podsg.model.addresses import refused
from podsg.model.references import RoleArn
from podsg.model.spec import Spec

# Families without a trunking compatible type, and those of which only the .metal one is.
# Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/aws/vpc/limits.go.
_NO_TRUNK = frozenset(
    {"c1", "c3", "c4", "d2", "f1", "h1", "i2", "m1", "m2", "m3", "m4", "p3", "r3", "r4"}
    | {"t1", "t2", "t3", "t3a", "t4g", "u-6tb1", "x1", "x1e"}
)
_ONLY_METAL = frozenset({"i3"})
# Source: EKS user guide, "Choose an optimal Amazon EC2 node instance type": its images run on no Mac, and
# those of Amazon Linux 2023 not on the first Graviton.
_NO_IMAGE = re.compile("a1|mac.*")
_TYPE_ALLOWED = "an EC2 instance type, such as m5.large"
# A "g" right after the generation stands for Graviton, also in front of -flex; a1 came before that rule.
# -gb200 and its successors are NVIDIA Grace with Blackwell; mac2 and mac-m… are Apple silicon.
# Source: EC2 user guide, instance type naming conventions, accelerated computing and Mac instances.
_ARM = re.compile(r"^(a1|[a-z]+[0-9]+g[a-z]*(-[a-z0-9]+)?|[a-z]+[0-9]+[a-z]*-gb[0-9]+|mac(2|-m)[a-z0-9-]*)\.")

Architecture = Literal["arm64", "x86_64"]


def _fit_for_nodes(instance_type: str) -> str:
    family = instance_type.split(".", maxsplit=1)[0]
    if _NO_IMAGE.fullmatch(family):
        raise refused(
            f"a type that EKS has an image for, such as m5.large; it has none for the family {family}"
        )
    if family in _ONLY_METAL and not instance_type.endswith(".metal"):
        raise refused(
            f"a type that carries branch ENIs, such as m5.large; of {family} only the metal type does"
        )
    if family in _NO_TRUNK:
        raise refused(
            f"a type that carries branch ENIs, such as m5.large; no type of the family {family} does"
        )
    return instance_type


InstanceType = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$",
        json_schema_extra={"patternErrorMessage": _TYPE_ALLOWED},
        examples=["m5.large"],
    ),
    AfterValidator(_fit_for_nodes),
]


class NodeGroupSpec(Spec):
    """Nodes of one kind, in the private subnets."""

    # Source: EKS API, CreateNodegroup, instanceTypes: 0 to 20.
    instance_types: list[InstanceType] = Field(min_length=1, max_length=20, examples=[["m5.large"]])
    """EC2 instance types (1 to 20), all able to carry branch ENIs and of one architecture."""
    # Source: EKS quotas, nodes per managed node group: 450.
    desired_count: int = Field(default=2, ge=0, le=450, examples=[2])
    """Nodes to start with (count, 0 to 450), from `min_count` to `max_count`."""
    min_count: int = Field(default=1, ge=0, le=450, examples=[1])
    """Fewest nodes (count, 0 to 450)."""
    max_count: int = Field(default=4, ge=1, le=450, examples=[4])
    """Most nodes (count, 1 to 450)."""
    disk_gib: int = Field(default=50, ge=20, le=16384, examples=[50])
    """Encrypted root disk of a node (GiB, 20 to 16384)."""
    # Source: VPC Resource Controller v1.8.2, limits.go: interfaces x (addresses - 1) + 2 is at most 3922.
    max_pods: int | None = Field(default=None, ge=1, le=3922, examples=[110])
    """Most pods per node (pods, 1 to 3922), counting those with branch ENIs.

    Default: EKS decides by type without counting branch ENIs."""
    role_arn: RoleArn | None = Field(default=None, examples=["arn:aws:iam::123456789012:role/platform"])
    """ARN of a role for the nodes that exists already.

    It must have the policies AmazonEKSWorkerNodePolicy, AmazonEKS_CNI_Policy and
    AmazonEC2ContainerRegistryPullOnly. Default: one is made."""


def architecture(instance_type: str) -> Architecture:
    """Tell the processor architecture of an instance type from its name.

    Source:
        EC2 user guide, instance type naming conventions: "g" after the generation stands for Graviton;
        accelerated computing instances: "gb" and a number stand for Grace with Blackwell.

    Example:
        >>> architecture("m7gd.large"), architecture("g4dn.xlarge"), architecture("p6e-gb200.36xlarge")
        ('arm64', 'x86_64', 'arm64')
    """
    return "arm64" if _ARM.match(instance_type) else "x86_64"
