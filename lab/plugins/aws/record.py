"""What the lab knows of a resource type: one record per type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.plugins.aws.compare import same_value

if TYPE_CHECKING:
    from lab.plugins.aws.call import Call

Values = dict[str, Any]


@dataclass(frozen=True)
class Property:
    """One input that the lab maps."""

    replaces: bool = False
    """A change needs a new resource (ForceNew in the schema of the Terraform provider)."""
    default: Any = None
    """Value that Check fills in when the program gives none."""
    computed: bool = False
    """AWS decides if the program does not: leaving it out keeps what is there."""
    write_only: bool = False
    """AWS never tells the value: it lives in the state alone."""
    same: Callable[[Any, Any], bool] = same_value
    """When two values are equal."""
    enum: str | None = None
    """Path of the API parameter with its allowed values: `ec2:CreateVpc.InstanceTenancy`."""
    check: Callable[[Any], str | None] | None = None
    """Returns what is wrong with a value, none if it is acceptable."""
    document: bool = False
    """A JSON document as text."""
    fields: Mapping[str, Property] | None = None
    """Properties of a nested object, or of the objects in a list."""


@dataclass(frozen=True)
class Autoname:
    """How Check makes up a name: logical name, hyphen, seven hexadecimal digits of the engine's seed.

    Source: pulumi-aws `provider/autonaming.go` and `provider/resource_overrides.go`.
    """

    property: str = "name"
    max_length: int = 255
    """Characters."""
    prefix: str = ""
    """Put in front of what is made up, unless it is there already."""


@dataclass(frozen=True)
class Timeouts:
    """How long an operation waits when the program does not say, in seconds."""

    create: float = 600
    update: float = 600
    delete: float = 900


@dataclass(frozen=True)
class Change:
    """What an update has to do."""

    old: Values
    """Outputs before."""
    new: Values
    """Checked inputs."""
    changed: frozenset[str]
    """Top-level properties that differ."""

    def touches(self, *names: str) -> bool:
        """Say whether one of these properties differs."""
        return not self.changed.isdisjoint(names)


Tagger = Callable[["Call", Values, Mapping[str, str], Iterable[str]], None]
"""Called with the outputs, the tags to set and the tag keys to remove."""


def _nothing(_changed: frozenset[str]) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Resource:
    """One resource type: its mapping to AWS calls."""

    type_name: str
    """The engine's type token, `aws:ec2/vpc:Vpc`."""
    sdk: str
    """The SDK's module and class, `pulumi_aws.ec2.vpc:Vpc`."""
    title: str
    """What errors call it."""
    source: str
    """Where the properties, replacements, defaults and timeouts come from."""
    properties: Mapping[str, Property]
    create: Callable[[Call, Values], str]
    """Creates and returns the id; whatever fails later leaves the id in the state."""
    read: Callable[[Call, str, Values], Values | None]
    """Returns the live outputs, none if it is gone; its last argument is the state (empty on import)."""
    delete: Callable[[Call, str, Values], None]
    created: Callable[[Call, str, Values], None] | None = None
    """Further calls and waits once the id exists."""
    update: Callable[[Call, str, Change], None] | None = None
    """Calls of an update, tags aside; none if every change replaces."""
    tagger: Tagger | None = None
    autoname: Autoname | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    delete_before_replace: bool = False
    retry_create: frozenset[str] = frozenset()
    """Error codes that go away by themselves while something else settles."""
    retry_delete: frozenset[str] = frozenset()
    """Error codes of a delete that is tried again until its timeout."""
    gone: frozenset[str] = frozenset()
    """Error codes that say the resource does not exist."""
    recomputes: Callable[[frozenset[str]], tuple[str, ...]] = _nothing
    """Outputs that an update of these properties makes unknown at preview."""
    validate: Callable[[Values], Iterable[tuple[str, str]]] | None = None
    """Finds combinations that are not allowed: pairs of property and reason."""

    @property
    def regional(self) -> bool:
        """Whether the type has a `region` property."""
        return "region" in self.properties

    @property
    def tagged(self) -> bool:
        """Whether the type has tags."""
        return "tags" in self.properties


REGION = Property(replaces=True, computed=True)
"""Source: terraform-provider-aws 6.x, resource-level `region` is ForceNew, Optional and Computed."""

TAGS = Property()
