"""The VPC Resource Controller: it makes branch ENIs for pods, and deletes them after a cool-down.

Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/provider/branch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from podsg.lifecycle.interfaces import (
    BRANCH_DESCRIPTION,
    CONTROLLER_OWNER,
    ENI_OWNER_TAG,
    INSTANCE_TAG,
    OWNED,
    TRUNK_TAG,
    VLAN_TAG,
    cluster_tag,
)
from tests.simulation.clock import SimulatedClock
from tests.simulation.region import Region

SCAN_SECONDS: Final = 30.0
"""How often it looks at its queues of what rests."""
CALLS_PER_SECOND: Final = 12.0
"""Branch ENIs that it makes or deletes in a second, by the rate of its own client."""

Made = Callable[[str], bool]
"""Takes the id of a new branch ENI; says whether its pod is still there to have it."""


@dataclass
class Trunk:
    """A node's trunk and what hangs on it."""

    id: str
    instance_id: str
    subnet_id: str
    vlans: dict[str, int] = field(default_factory=dict)
    """Branch ENI to VLAN ID; it is taken until the ENI is deleted."""
    resting: dict[str, float] = field(default_factory=dict)
    """Branch ENI to the moment from which it may be deleted."""


class SimulatedController:
    """Do to a region what the controller does for one cluster.

    Args:
        clock: Time.
        region: Where the interfaces are.
        cluster_name: Name of the cluster.
        cooldown_seconds: How long a branch ENI rests before it is deleted.

    Attributes:
        is_dead: It does nothing any more; what it has begun stays as it is.
    """

    def __init__(
        self, clock: SimulatedClock, region: Region, cluster_name: str, cooldown_seconds: float = 60.0
    ) -> None:
        """Start without nodes; the first scan comes after 30 s."""
        self.is_dead = False
        self.cooldown_seconds = cooldown_seconds
        self._clock, self._region, self._cluster_name = clock, region, cluster_name
        self._trunks: dict[str, Trunk] = {}
        self._free_at = 0.0
        clock.every(SCAN_SECONDS, self._scan)

    def manage(self, node: str, instance_id: str, subnet_id: str, group_ids: Sequence[str]) -> str:
        """Give a node its trunk; return the id."""
        trunk_id = self._region.add_trunk(instance_id, subnet_id, group_ids, self._tags(instance_id))
        self._trunks[node] = Trunk(trunk_id, instance_id, subnet_id)
        return trunk_id

    def drop(self, node: str) -> None:
        """Forget a node that is gone, and with it whatever rested there."""
        self._trunks.pop(node, None)

    def room(self, node: str) -> int:
        """Return how many more branch ENIs a node takes."""
        trunk = self._trunks[node]
        return self._region.instances[trunk.instance_id].branch_limit - len(trunk.vlans)

    def request(self, node: str, group_ids: Callable[[], Sequence[str]], made: Made) -> None:
        """Make a branch ENI when it is its turn, with the groups that count then."""
        self._clock.at(self._turn(), lambda: self._make(node, group_ids, made))

    def release(self, node: str, interface_ids: Sequence[str]) -> None:
        """Let branch ENIs rest whose pod is gone."""
        if node in self._trunks:
            due = self._clock.now() + self.cooldown_seconds
            self._trunks[node].resting |= dict.fromkeys(interface_ids, due)

    def _turn(self) -> float:
        self._free_at = max(self._clock.now(), self._free_at) + 1 / CALLS_PER_SECOND
        return self._free_at

    def _tags(self, instance_id: str) -> dict[str, str]:
        return {
            ENI_OWNER_TAG: CONTROLLER_OWNER,
            cluster_tag(self._cluster_name): OWNED,
            INSTANCE_TAG: instance_id,
        }

    def _make(self, node: str, group_ids: Callable[[], Sequence[str]], made: Made) -> None:
        if self.is_dead or node not in self._trunks:
            return
        if not self.room(node):
            again = self._clock.now() + self.cooldown_seconds
            self._clock.at(again, lambda: self.request(node, group_ids, made))
            return
        trunk = self._trunks[node]
        vlan_id = next(free for free in range(1, 121) if free not in trunk.vlans.values())
        tags = {**self._tags(trunk.instance_id), TRUNK_TAG: trunk.id, VLAN_TAG: str(vlan_id)}
        eni = self._region.add_interface(
            trunk.subnet_id, group_ids(), description=BRANCH_DESCRIPTION, tags=tags
        )
        trunk.vlans[eni.id] = vlan_id
        self._region.associate(eni.id, trunk.id, vlan_id)
        if not made(eni.id):
            trunk.resting[eni.id] = self._clock.now()

    def _scan(self) -> None:
        """Plan the deletion of what has rested; an entry stays until its ENI is gone."""
        if self.is_dead:
            return
        now = self._clock.now()
        for node, trunk in self._trunks.items():
            for eni in [key for key, due in trunk.resting.items() if due <= now]:
                del trunk.resting[eni]
                self._clock.at(self._turn(), partial(self._delete, node, eni))

    def _delete(self, node: str, eni: str) -> None:
        if self.is_dead or node not in self._trunks:
            return
        self._trunks[node].vlans.pop(eni, None)
        if eni in self._region.interfaces:
            self._region.remove(eni)
