"""What is wanted of an explicit branch ENI, what is there, and where it is in its life."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from podsg.lifecycle.interfaces import AVAILABLE, PENDING, NetworkInterface
from podsg.lifecycle.tokens import own_tags


class EniState(Enum):
    """Where a branch ENI is in its life."""

    ABSENT = "absent"
    FREE = "free"
    ASSOCIATED = "associated"


def state_of(interface: NetworkInterface | None) -> EniState:
    """Return where an interface is in its life.

    Example:
        >>> state_of(None)
        <EniState.ABSENT: 'absent'>
    """
    if interface is None:
        return EniState.ABSENT
    return EniState.FREE if interface.status in {AVAILABLE, PENDING} else EniState.ASSOCIATED


@dataclass(frozen=True)
class BranchEniSpec:
    """What is wanted."""

    owner: str
    """`<project>/<stack>`."""
    name: str
    trunk_eni_id: str
    group_ids: tuple[str, ...]
    subnet_id: str = ""
    """Empty: the subnet of the trunk."""
    vlan_id: int = 0
    """0: the lowest that is free."""
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    cooldown_seconds: float = 0.0
    adopt_eni_id: str = ""
    """Interface that is taken over instead of making one; empty for none."""

    @property
    def all_tags(self) -> dict[str, str]:
        """Return its tags with those that make it findable."""
        return own_tags(self.owner, self.name, self.tags)


@dataclass(frozen=True)
class BranchEni:
    """A branch ENI that is there."""

    interface: NetworkInterface
    trunk_eni_id: str
    association_id: str = ""
    """Empty: it hangs on no trunk."""
    vlan_id: int = 0
