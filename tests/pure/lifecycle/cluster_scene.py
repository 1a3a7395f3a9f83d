"""A simulated cluster with nodes and workloads, and what the code under test says about it."""

from __future__ import annotations

from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.objects import Policy
from podsg.lifecycle.ownership import is_branch
from tests.simulation.decoys import CLUSTER, Yard
from tests.simulation.kubernetes import Budget, SimulatedKubernetes, Workload

GRACE_SECONDS = 30.0
COOLDOWN_SECONDS = 60.0


class ClusterScene:
    """Nodes with room for branch ENIs, in a VPC with a second stack's group.

    Args:
        node_count: Nodes.
        branch_limit: Branch ENIs that each takes.
    """

    def __init__(self, node_count: int = 2, branch_limit: int = 120) -> None:
        self.yard = Yard.laid_out()
        self.ec2, self.clock, self.vpc_id = self.yard.ec2, self.yard.clock, self.yard.vpc_id
        self.groups = self.yard.groups
        self.kubernetes = SimulatedKubernetes(
            self.ec2, self.yard.subnet_id, self.groups["cluster"], CLUSTER, COOLDOWN_SECONDS
        )
        self.nodes = [
            self.kubernetes.add_node(f"node-{number}", branch_limit) for number in range(node_count)
        ]
        self.said: list[str] = []

    def run(self, name: str, replicas: int = 1, group: str = "pod", kind: str = "Deployment") -> None:
        """Let a workload have branch ENIs with a group, and wait for them."""
        labels = {"app": name}
        selector = {"matchLabels": labels}
        self.kubernetes.apply(Policy("shop", name, group_ids=(self.groups[group],), pod_selector=selector))
        self.kubernetes.apply(Workload("shop", name, replicas, kind, labels, GRACE_SECONDS))
        self.kubernetes.settle()

    def protect(self, name: str, max_unavailable: int) -> None:
        """Let that many pods of a workload be away at a time."""
        self.kubernetes.apply(Budget("shop", f"{name}-budget", {"app": name}, max_unavailable))

    def branches(self, group: str = "") -> list[NetworkInterface]:
        """Return the branch ENIs, or those with a group."""
        rows = (row.shown() for row in self.ec2.region.interfaces.values())
        return [one for one in rows if is_branch(one) and (not group or self.groups[group] in one.group_ids)]

    @property
    def text(self) -> str:
        """Return everything that was said."""
        return "\n".join(self.said)
