"""The drain of a cluster among decoys, ready to be tried under faults."""

from __future__ import annotations

from typing import Final

from podsg.lifecycle.calls import RetryingEc2
from podsg.lifecycle.drain import DrainRequest, drain
from podsg.lifecycle.objects import Policy
from tests.simulation.bystanders import Bystanders
from tests.simulation.decoys import CLUSTER, DECOYS, HOLDING, Decoy, Yard
from tests.simulation.gates import run
from tests.simulation.kubernetes import SimulatedKubernetes, Workload
from tests.simulation.trial import Errors, Operation

GRACE_SECONDS: Final = 30.0
COOLDOWN_SECONDS: Final = 60.0
TIMEOUT_SECONDS: Final = 600.0
_QUIET: Final = tuple(decoy for decoy in DECOYS if decoy.in_cluster_scope and decoy.held not in HOLDING)
"""Decoys for which a drain does not wait until the end of its time, as it should for the others."""


class DrainTrial:
    """Nodes with pods of all kinds and a leaked branch ENI, among decoys.

    Args:
        decoys: What the drain may not touch.
        pods: Pods with branch ENIs.
        nodes: Nodes; a DaemonSet has a branch ENI on each.
        grace_seconds: From a pod's eviction to its end.
        cooldown_seconds: How long a branch ENI rests.
        wait_seconds: From the last start of a pod to the drain.
    """

    def __init__(
        self,
        decoys: tuple[Decoy, ...] = _QUIET,
        pods: int = 2,
        nodes: int = 2,
        *,
        grace_seconds: float = GRACE_SECONDS,
        cooldown_seconds: float = COOLDOWN_SECONDS,
        wait_seconds: float = 0.0,
    ) -> None:
        """Get ready."""
        self.yard = Yard.laid_out()
        self.ec2, self._cooldown, self._nodes = self.yard.ec2, cooldown_seconds, nodes
        for decoy in decoys:
            self.yard.place(decoy)
        self.yard.clock.sleep(600.0)
        self.bystanders = Bystanders(self.ec2.region)
        self.leftover = self.yard.leftover()
        self.cluster = SimulatedKubernetes(
            self.ec2, self.yard.subnet_id, self.yard.groups["cluster"], CLUSTER, cooldown_seconds
        )
        for number in range(nodes):
            self.cluster.add_node(f"node-{number}")
        self._start("web", pods, "Deployment", grace_seconds)
        self._start("agent", 1, "DaemonSet", grace_seconds)
        self.cluster.apply(Workload("shop", "plain"))
        self.cluster.settle(300.0 + wait_seconds)
        self.said: list[str] = []

    def _start(self, name: str, replicas: int, kind: str, grace_seconds: float) -> None:
        labels, groups = {"app": name}, (self.yard.groups["pod"],)
        selector = {"matchLabels": labels}
        self.cluster.apply(Policy("shop", name, group_ids=groups, pod_selector=selector))
        self.cluster.apply(Workload("shop", name, replicas, kind, labels, grace_seconds))

    def act(self) -> Errors:
        """Drain, in a process of its own."""
        return run(self._drain, self.yard)

    def _drain(self, yard: Yard, ec2: RetryingEc2) -> None:
        request = DrainRequest(CLUSTER, yard.vpc_id, TIMEOUT_SECONDS, self._cooldown)
        drain(ec2, self.cluster, yard.clock, request, self.said.append)

    def again(self) -> Errors:
        """Drain again."""
        return self.act()

    def left(self) -> list[str]:
        """Return the branch ENIs that are there, but for those of the DaemonSet."""
        kept = self.kept()
        rows = self.bystanders.newcomers()
        return [row.id for row in rows if row.interface_type != "trunk" and row.id not in kept]

    def kept(self) -> set[str]:
        """Return the branch ENIs of the DaemonSet."""
        return {eni for pod in self.cluster.pods_of("shop/agent") for eni in pod.branch_eni_ids}

    def breaches(self) -> list[str]:
        """Return what is left, and what was touched."""
        kept = self.kept()
        return [
            *self.bystanders.breaches(),
            *(f"left: {one}" for one in self.left()),
            *(f"evicted: {place}" for place in self.cluster.evictions if place != "shop/web"),
            *([] if len(kept) == self._nodes else [f"branch ENIs of the DaemonSet: {kept}"]),
            *(f"gone: {one}" for one in kept if one not in self.ec2.region.interfaces),
        ]

    def vanish(self, _call: str, target: str) -> bool:
        """Delete the leaked branch ENI, as a stranger would."""
        if target != self.leftover or target not in self.ec2.region.interfaces:
            return False
        self.ec2.region.remove(target)
        return True


def _short() -> DrainTrial:
    """Return a drain of few rounds, so that faults can be tried in pairs at every call."""
    return DrainTrial(_QUIET[::3], 1, 1, grace_seconds=2.0, cooldown_seconds=2.0, wait_seconds=20.0)


DRAIN: Final = Operation("drain of a cluster", _short)
