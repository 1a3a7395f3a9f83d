"""Names: which ones people may choose, and which physical ones follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from podsg.model.database import DatabaseSpec, Engine, instance_count, is_aurora, log_exports
from podsg.model.finding import Finding
from podsg.model.location import Location, path_text, presence

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


def physical_database_names(environment: str, database: str, spec: DatabaseSpec) -> tuple[PhysicalName, ...]:
    """List the physical names that follow from the name of a database.

    Args:
        environment: Name of the environment.
        database: Name of the database in it.
        spec: The database.

    Source:
        RDS API, CreateDBInstance and CreateDBCluster (63 characters), CreateDBSubnetGroup,
        CreateDBParameterGroup and CreateDBClusterParameterGroup (255).

    Example:
        >>> spec = DatabaseSpec(engine="aurora-postgresql", version="16", instance_class="db.r6g.large")
        >>> [name.text for name in physical_database_names("dev", "catalog", spec)][:3]
        ['dev-catalog', 'dev-catalog-1', 'dev-catalog-2']
    """
    name = f"{environment}-{database}"
    if is_aurora(spec.engine):
        own = [PhysicalName("Aurora cluster", name, 63)]
        own += [
            PhysicalName("RDS instance", f"{name}-{number}", 63)
            for number in range(1, instance_count(spec) + 1)
        ]
    else:
        own = [PhysicalName("RDS instance", name, 63)]
    return (
        *own,
        PhysicalName("RDS subnet group", f"{name}-subnets", 255 - _RANDOM_SUFFIX),
        PhysicalName("RDS parameter group", f"{name}-parameters", 255 - _RANDOM_SUFFIX),
        *(
            PhysicalName("log group", log_group_name(name, spec.engine, log), 512)
            for log in log_exports(spec.engine)
        ),
    )


def log_group_name(database: str, engine: Engine, log: str) -> str:
    """Name the log group that RDS writes a log of a database to.

    Args:
        database: Identifier of the instance or Aurora cluster.
        engine: Its engine.
        log: One of `log_exports`.

    Source:
        RDS user guide, "Publishing database logs to Amazon CloudWatch Logs"; Aurora user guide, the same.

    Example:
        >>> log_group_name("dev-catalog", Engine.MYSQL, "error")
        '/aws/rds/instance/dev-catalog/error'
    """
    return f"/aws/rds/{'cluster' if is_aurora(engine) else 'instance'}/{database}/{log}"


def name_findings(
    location: Location, names: Iterable[PhysicalName], *rests_on: Location
) -> Iterator[Finding]:
    """Report the name that follows from a chosen one and is longest beyond its limit.

    Args:
        location: The part with the chosen name, the last step of its place.
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
            rests_on=(presence(location), *rests_on),
        )


def shared_names(parts: Mapping[Location, Iterable[PhysicalName]], *keys: str) -> Iterator[Finding]:
    """Report parts whose own names differ and yet give the same physical name.

    Args:
        parts: Physical names by the place of the part that they follow from.
        keys: Keys of a part that its names follow from too.
    """
    first: dict[tuple[str, str], Location] = {}
    for place, names in parts.items():
        for name in names:
            earlier = first.setdefault((name.kind, name.text), place)
            if earlier != place:
                yield Finding(
                    place,
                    f"{name.kind} {name.text}, as in {path_text(earlier)}",
                    "another name, so that no name in AWS is given twice",
                    rests_on=tuple((*part, key) for part in (place, earlier) for key in keys),
                )
                break
