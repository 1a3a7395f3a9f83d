"""Names: which ones people may choose, and which physical ones follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from podsg.model.finding import Finding
from podsg.model.location import Location

HYPHENATED = "lower-case letters, digits and single hyphens, a letter first, no hyphen last"
_HYPHENATED_PATTERN = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_DNS_LABEL_PATTERN = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"


def _allowed(text: str) -> dict[str, object]:
    return {"patternErrorMessage": text}


EnvironmentName = Annotated[
    str,
    Field(
        pattern=_HYPHENATED_PATTERN,
        max_length=20,
        json_schema_extra=_allowed(f"{HYPHENATED}, at most 20 characters"),
        examples=["dev"],
    ),
]
PartName = Annotated[
    str,
    Field(
        pattern=_HYPHENATED_PATTERN,
        max_length=63,
        json_schema_extra=_allowed(f"{HYPHENATED}, at most 63 characters"),
        examples=["catalog"],
    ),
]
DnsLabel = Annotated[
    str,
    Field(
        pattern=_DNS_LABEL_PATTERN,
        max_length=63,
        json_schema_extra=_allowed(
            "a DNS label: lower-case letters, digits and inner hyphens, at most 63 characters"
        ),
        examples=["catalog"],
    ),
]
DnsSubdomain = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        max_length=253,
        json_schema_extra=_allowed(
            "a DNS name: lower-case letters, digits, hyphens and dots, a letter or digit around each dot, "
            "at most 253 characters"
        ),
        examples=["catalog-rds-access"],
    ),
]

# The engine ends the names that it makes up with a hyphen and seven hexadecimal digits.
_RANDOM_SUFFIX = 8


@dataclass(frozen=True)
class PhysicalName:
    """Name that something gets in AWS, and how long AWS lets it be."""

    kind: str
    text: str
    limit: int
    """Longest name of this kind (characters, without a random suffix)."""

    @property
    def too_long(self) -> int:
        """Count the characters above the limit, 0 if it fits."""
        return max(0, len(self.text) - self.limit)


def cluster_names(environment: str) -> tuple[PhysicalName, ...]:
    """List the physical names that follow from the name of an environment.

    Source:
        EKS API, CreateCluster; CloudWatch Logs API, CreateLogGroup.

    Example:
        >>> [name.text for name in cluster_names("dev")]
        ['dev-cluster', '/aws/eks/dev-cluster/cluster']
    """
    name = f"{environment}-cluster"
    return (
        PhysicalName("EKS cluster", name, 100),
        PhysicalName("log group", f"/aws/eks/{name}/cluster", 512),
    )


def node_group_names(environment: str, node_group: str) -> tuple[PhysicalName, ...]:
    """List the physical names that follow from the name of a node group.

    Source:
        EKS user guide, managed node groups (63 characters); IAM API, CreateRole (64 characters).

    Example:
        >>> [(name.kind, name.text, name.limit) for name in node_group_names("dev", "workers")]
        [('EKS node group', 'dev-workers-nodes', 55), ('IAM role', 'dev-workers-role', 56)]
    """
    name = f"{environment}-{node_group}"
    return (
        PhysicalName("EKS node group", f"{name}-nodes", 63 - _RANDOM_SUFFIX),
        PhysicalName("IAM role", f"{name}-role", 64 - _RANDOM_SUFFIX),
    )


def database_names(environment: str, database: str, logs: Iterable[str]) -> tuple[PhysicalName, ...]:
    """List the physical names that follow from the name of a database.

    Args:
        environment: Name of the environment.
        database: Name of the database in it.
        logs: Logs that the database exports.

    Source:
        RDS API, CreateDBInstance (63 characters), CreateDBSubnetGroup and CreateDBParameterGroup (255).

    Example:
        >>> [name.text for name in database_names("dev", "catalog", ["error"])][:2]
        ['dev-catalog', 'dev-catalog-subnets']
    """
    name = f"{environment}-{database}"
    return (
        PhysicalName("RDS instance", name, 63),
        PhysicalName("RDS subnet group", f"{name}-subnets", 255 - _RANDOM_SUFFIX),
        PhysicalName("RDS parameter group", f"{name}-parameters", 255 - _RANDOM_SUFFIX),
        *(PhysicalName("log group", f"/aws/rds/instance/{name}/{log}", 512) for log in logs),
    )


def name_findings(
    location: Location, names: Iterable[PhysicalName], *rests_on: Location
) -> Iterator[Finding]:
    """Report the name that follows from a chosen one and is longest beyond its limit.

    Args:
        location: The chosen name.
        names: Physical names that follow from it.
        rests_on: Further places that the names follow from.

    Returns:
        At most one finding, with a length that makes all names fit.
    """
    worst = max(names, key=lambda name: name.too_long)
    if worst.too_long:
        chosen = len(str(location[-1]))
        yield Finding(
            location,
            f"{chosen} characters, {len(worst.text)} in the {worst.kind} name {worst.text}",
            f"at most {chosen - worst.too_long} characters here, so that the name has at most {worst.limit}",
            rests_on=(location, *rests_on),
        )
