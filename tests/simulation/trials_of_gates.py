"""The gates among decoys, ready to be tried under faults."""

from __future__ import annotations

from typing import Final

from tests.simulation.bystanders import Bystanders
from tests.simulation.decoys import DECOYS, HOLDING, Decoy, Yard
from tests.simulation.gates import Gate, removal, run, sweep_of_cluster, sweep_of_groups
from tests.simulation.trial import Errors, Operation

AGE_SECONDS: Final = 600.0


class GateTrial:
    """Run a gate over what a dead node left behind.

    Args:
        gate: The gate.
        decoys: What it may not touch.
        leftover_count: How many interfaces have to go.
    """

    def __init__(self, gate: Gate, decoys: tuple[Decoy, ...], leftover_count: int = 2) -> None:
        """Get ready."""
        self._gate = gate
        self.yard = Yard.laid_out()
        self.ec2 = self.yard.ec2
        for decoy in decoys:
            self.yard.place(decoy)
        self.yard.clock.sleep(AGE_SECONDS)
        self.bystanders = Bystanders(self.ec2.region)
        self._leftovers = [self.yard.leftover() for _ in range(leftover_count)]
        self.yard.clock.sleep(AGE_SECONDS)

    def act(self) -> Errors:
        """Run the gate, in a process of its own."""
        return run(self._gate, self.yard)

    def again(self) -> Errors:
        """Run it again."""
        return self.act()

    def breaches(self) -> list[str]:
        """Return what is left, and what was touched."""
        left = [f"left behind: {row}" for row in self.bystanders.newcomers()]
        return self.bystanders.breaches() + left

    def vanish(self, call: str, target: str) -> bool:
        """Delete a leftover, as a stranger would."""
        region = self.ec2.region
        found = [one for one in self._leftovers if one in region.interfaces and target in {"", one}]
        if not found or call in {"DescribeInstances", "DescribeVpcs"}:
            return False
        region.remove(found[0])
        return True


# A third of the decoys: each alone is tried with every gate in test_decoys.py.
_SOME: Final = DECOYS[::3]
_OF_OTHERS: Final = tuple(decoy for decoy in _SOME if decoy.in_cluster_scope)
_NOT_HOLDING: Final = tuple(decoy for decoy in _SOME if decoy.held not in HOLDING)
GATES: Final = (
    Operation("sweep of a cluster", lambda: GateTrial(sweep_of_cluster, _OF_OTHERS)),
    Operation("sweep of a stack's groups", lambda: GateTrial(sweep_of_groups, _SOME)),
    Operation("workload removal", lambda: GateTrial(removal, _NOT_HOLDING)),
)
