"""A trunk and the branch ENIs that processes make on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from podsg.lifecycle.branch_eni import (
    BranchEni,
    BranchEnis,
    BranchEniSpec,
)
from podsg.lifecycle.calls import Memory, RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.pacing import Pacing
from podsg.lifecycle.tokens import NAME_TAG
from tests.simulation.clock import SimulatedClock
from tests.simulation.ec2 import SimulatedEc2
from tests.simulation.faults import Fault, Faults, Kind
from tests.simulation.rows import InterfaceRow

OWNER = "shop/dev"
LIMIT_SECONDS = 1200.0


class World:
    """A trunk in a subnet, another subnet of its zone and one of another zone."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(start=10_000)
        self.ec2 = SimulatedEc2(self.clock, seed=1)
        region = self.ec2.region
        vpc = region.add_vpc()
        self.subnet, self.second = region.add_subnet(vpc), region.add_subnet(vpc)
        self.far = region.add_subnet(vpc, "us-west-2b")
        self.groups = (region.add_group(vpc, "pods"), region.add_group(vpc, "others"))
        self.trunk = self.new_trunk()
        self.said: list[str] = []
        self.process = Process(self)
        self.spec = BranchEniSpec(
            OWNER, "one", self.trunk, self.groups[:1], description="of one", tags={"team": "shop"}
        )

    def new_trunk(self, branch_limit: int = 120) -> str:
        region = self.ec2.region
        return region.add_trunk(region.add_instance(branch_limit), self.subnet, self.groups[:1])

    def branches(self) -> list[InterfaceRow]:
        return [row for row in self.ec2.region.interfaces.values() if NAME_TAG in row.tags]

    def place(self, subnet: str = "", **tags: str) -> str:
        made = self.ec2.region.add_interface(subnet or self.subnet, self.groups[:1], tags=tags)
        return made.id

    def fail(
        self, call: str, kind: Kind | None, nth: int = 1, *, count: int = 1, is_after: bool = False
    ) -> None:
        self.ec2.faults = Faults([Fault(call, nth, kind, is_after=is_after, count=count)])

    def calm(self) -> None:
        self.ec2.faults = Faults()


@dataclass
class Process:
    """A process over a world; a new one remembers nothing."""

    world: World
    limit: float = LIMIT_SECONDS
    enis: BranchEnis = field(init=False)

    def __post_init__(self) -> None:
        clock = self.world.clock
        self.memory, self.pacing = Memory(clock), Pacing(clock)
        self.enis = BranchEnis(self.ec2(), clock, self.world.said.append)

    def ec2(self) -> RetryingEc2:
        clock = self.world.clock
        return RetryingEc2(
            self.world.ec2, clock, self.pacing, Deadline(clock, self.limit), memory=self.memory
        )

    def __getattr__(self, name: str) -> Any:
        """Begin an operation: its time runs from now on."""
        self.enis.ec2 = self.ec2()
        return getattr(self.enis, name)


def made_in(world: World, **changes: Any) -> BranchEni:
    made = world.process.create(replace(world.spec, **changes))
    assert isinstance(made, BranchEni)
    return made
