"""A stack with explicit branch ENIs, among strangers that use the same trunks and names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from podsg.lifecycle.branch_eni import BranchEniSpec
from podsg.lifecycle.tokens import OWN_TAGS
from tests.simulation.bystanders import Bystanders
from tests.simulation.clock import SimulatedClock
from tests.simulation.ec2 import SimulatedEc2
from tests.simulation.engine import Engine
from tests.simulation.rows import InterfaceRow

OWNER: Final = "store/dev"
NAMES: Final = ("alpha", "beta", "gamma")
LONGEST_LAG_SECONDS: Final = 120.0
VARIANTS: Final = 18
"""Ways in which a branch ENI of one name can be asked for."""


class Stack:
    """Hold a stack's cloud and its engine.

    Args:
        seed: Where ids and lag come from.
        workers: Operations at a time.
    """

    def __init__(self, seed: int = 0, workers: int = 1) -> None:
        """Make two trunks, groups, and what belongs to others."""
        self.clock = SimulatedClock()
        self.ec2 = SimulatedEc2(self.clock, seed)
        region = self.region = self.ec2.region
        vpc_id = region.add_vpc()
        self.subnet_id = region.add_subnet(vpc_id)
        self.group_ids = [region.add_group(vpc_id, f"pods-{number}") for number in range(3)]
        self.trunk_ids = [
            region.add_trunk(region.add_instance(), self.subnet_id, self.group_ids[:1]) for _ in range(2)
        ]
        self._add_strangers()
        self.bystanders = Bystanders(region)
        self.engine = Engine(self.ec2, self.clock, workers)

    def _add_strangers(self) -> None:
        region = self.region
        for tags in (
            {"podsg:owner": "bank/dev", "podsg:branch-eni": NAMES[0], "Name": NAMES[0]},
            {"podsg:owner": OWNER + "-2", "podsg:branch-eni": NAMES[0]},
            {"podsg:owner": OWNER, "podsg:branch-eni": NAMES[0] + "-2"},
            {"podsg:branch-eni": NAMES[0], "Name": NAMES[0]},
            {"Name": NAMES[0]},
        ):
            region.add_interface(self.subnet_id, self.group_ids[:1], description=NAMES[0], tags=tags)
        taken = region.add_interface(self.subnet_id, self.group_ids[:1], description="a pod's")
        region.associate(taken.id, self.trunk_ids[0], 1)

    def spec(self, name: str, variant: int = 0) -> BranchEniSpec:
        """Return one way to ask for a branch ENI."""
        place, rest = variant // 6 % 3, variant % 6
        return BranchEniSpec(
            owner=OWNER,
            name=name,
            trunk_eni_id=self.trunk_ids[place == 2],
            group_ids=tuple(self.group_ids[: rest % 3 + 1]),
            subnet_id=self.subnet_id if place == 1 else "",
            vlan_id=50 + NAMES.index(name) if place == 1 else 0,
            description=name,
            tags={"team": str(rest // 3)},
        )

    def specs(self, wanted: Iterable[tuple[str, int]]) -> list[BranchEniSpec]:
        """Return a whole program."""
        return [self.spec(name, variant) for name, variant in wanted]

    def mine(self) -> list[InterfaceRow]:
        """Return the interfaces that this stack made."""
        return self.bystanders.newcomers()

    def vanish(self, call: str, target: str) -> bool:
        """Delete, as a stranger, what a call is about; in a list it is the first of the stack's."""
        mine = [row for row in self.mine() if target in {"", row.id, row.association_id}]
        if not mine:
            return False
        if call == "DisassociateTrunkInterface":
            self.region.disassociate(target)
        else:
            self.region.remove(mine[0].id)
        return True

    def is_new(self, target: str) -> bool:
        """Tell whether a replica may not know an interface or association of the stack yet."""
        earliest = self.clock.now() - LONGEST_LAG_SECONDS
        return any(row.made_at > earliest for row in self.mine() if target in {row.id, row.association_id})

    def breaches(self, wanted: Sequence[BranchEniSpec]) -> list[str]:
        """Compare the cloud with a program that was applied."""
        wrong = self.bystanders.breaches()
        left = {row.id: row for row in self.mine()}
        for spec in wanted:
            found = [row for row in left.values() if row.tags.get("podsg:branch-eni") == spec.name]
            if len(found) != 1:
                wrong.append(f"{spec.name}: {len(found)} interfaces: {found}")
            for row in found:
                del left[row.id]
            for row in found[:1]:
                wrong += [f"{spec.name}: {text}" for text in self._differences(spec, row)]
        return wrong + [f"leaked: {row}" for row in left.values()]

    def _differences(self, spec: BranchEniSpec, row: InterfaceRow) -> list[str]:
        recorded = self.engine.recorded.get(spec.name)
        hung = self.region.associations.get(row.association_id)
        tags = {**spec.tags, "podsg:owner": spec.owner, "podsg:branch-eni": spec.name}
        checks = {
            f"not recorded: {row}": recorded is not None and recorded.state.interface.id == row.id,
            f"groups {sorted(row.group_ids)}": row.group_ids == frozenset(spec.group_ids),
            f"description {row.description}": row.description == spec.description,
            f"tags {row.tags}": tags.items() <= row.tags.items()
            and row.tags.keys() - tags.keys() <= {"Name", *OWN_TAGS},
            f"on no trunk: {row}": hung is not None,
            f"on {hung}": hung is None
            or (hung.trunk_id == spec.trunk_eni_id and spec.vlan_id in {0, hung.vlan_id}),
            f"recorded {recorded}": hung is None
            or recorded is None
            or (recorded.state.association_id, recorded.state.vlan_id) == (hung.id, hung.vlan_id),
        }
        return [text for text, holds in checks.items() if not holds]
