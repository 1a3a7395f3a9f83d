"""Delete the network interfaces that a cluster left behind, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from podsg.errors import DeadlineError, Explanation, InUseError, NotFoundError, StateError
from podsg.lifecycle.calls import PROPAGATION_SECONDS
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.interfaces import AVAILABLE, NetworkInterface
from podsg.lifecycle.ownership import ENDING, TERMINATED, cluster_interfaces, instance_of, instance_states
from podsg.lifecycle.ports import Clock, Ec2, Say
from podsg.lifecycle.progress import Progress, named

POLL_SECONDS = 5.0
SEEN_FREE_SECONDS = PROPAGATION_SECONDS
"""Between two looks at a free interface of a live node: its VPC CNI or controller may have used it just now.

Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/aws/ec2/api/cleanup/eni_cleanup.go (two looks).
"""
REFERENCE = "docs/how-to/leaked-enis.md"


@dataclass(frozen=True)
class SweepScope:
    """Which interfaces of a cluster may be swept."""

    cluster_name: str
    vpc_id: str
    group_ids: frozenset[str] | None = None
    """Only those that carry one of these groups; None: all of the cluster."""

    def has(self, interface: NetworkInterface) -> bool:
        """Tell whether an interface of the cluster is in scope."""
        return self.group_ids is None or bool(self.group_ids & interface.group_ids)


@dataclass(frozen=True)
class Look:
    """What one look at EC2 found."""

    free: tuple[NetworkInterface, ...] = ()
    """May be deleted now."""
    waiting: tuple[NetworkInterface, ...] = ()
    """Will be free: their instance ends, or they were seen free only once."""
    held: tuple[NetworkInterface, ...] = ()
    """In use by a live instance: not ours to touch."""


class Sweeper:
    """Look again and again, and remember since when an interface has been free.

    Args:
        ec2: The account.
        clock: Time.
        scope: What may be swept.
    """

    def __init__(self, ec2: Ec2, clock: Clock, scope: SweepScope) -> None:
        """Start without a look."""
        self._ec2, self._clock, self._scope = ec2, clock, scope
        self._free_since: dict[str, float] = {}
        self.deleted: list[str] = []

    def look(self) -> Look:
        """List the interfaces in scope and judge each.

        Raises:
            StateError: The VPC is not there: wrong region, or gone while it is still recorded.
        """
        refuse_unknown_vpc(self._ec2, self._scope.vpc_id)
        scope, now = self._scope, self._clock.now()
        found = tuple(
            one for one in cluster_interfaces(self._ec2, scope.cluster_name, scope.vpc_id) if scope.has(one)
        )
        states = instance_states(self._ec2, found)
        free_now = {one.id for one in found if one.status == AVAILABLE}
        self._free_since = {one: self._free_since.get(one, now) for one in free_now}
        free: list[NetworkInterface] = []
        waiting: list[NetworkInterface] = []
        held: list[NetworkInterface] = []
        for one in found:
            state = states.get(instance_of(one), "")
            if one.id in free_now:
                is_free = state == TERMINATED or now - self._free_since[one.id] >= SEEN_FREE_SECONDS
                (free if is_free else waiting).append(one)
            else:
                (waiting if state in ENDING else held).append(one)
        return Look(tuple(free), tuple(waiting), tuple(held))

    def delete(self, interfaces: Iterable[NetworkInterface]) -> None:
        """Delete interfaces that a look found free; one that is used again, or gone, is left alone.

        EC2 may still list one that is deleted: it is deleted again and counts once.
        """
        for one in interfaces:
            try:
                self._ec2.delete_network_interface(one.id)
            except NotFoundError:
                continue
            except InUseError:
                self._free_since.pop(one.id, None)
                continue
            if one.id not in self.deleted:
                self.deleted.append(one.id)


def refuse_unknown_vpc(ec2: Ec2, vpc_id: str) -> None:
    """End with an error where EC2 does not know a VPC that is still recorded.

    Raises:
        StateError: It does not: nothing that is found there can count as clean.
    """
    if not ec2.vpc_exists(vpc_id):
        raise StateError(
            Explanation(
                vpc_id,
                "is recorded, and EC2 in this account and region does not know it",
                "interfaces that cannot be seen cannot count as gone.",
                "look at region and credentials; if somebody deleted the VPC, run `pulumi refresh` first.",
                REFERENCE,
            )
        )


def sweep(ec2: Ec2, clock: Clock, scope: SweepScope, say: Say, *, timeout_seconds: float) -> list[str]:
    """Delete what is free, and wait for what will be, until nothing in scope is left but what a node uses.

    EC2 calls: DescribeVpcs, DescribeNetworkInterfaces, DescribeInstances, DeleteNetworkInterface.

    Never touched: what another cluster, an AWS service or a live node has, and what carries no owner tag.

    Args:
        ec2: The account.
        clock: Time.
        scope: What may be swept.
        say: Receives progress.
        timeout_seconds: How long it may take.

    Returns: Ids of what was deleted, in order; empty if nothing was left.

    Raises:
        DeadlineError: Something will be free and was not in time; names it.
        StateError: The VPC is not there.
    """
    deadline, sweeper, progress = (
        Deadline(clock, timeout_seconds),
        Sweeper(ec2, clock, scope),
        Progress(clock, say),
    )
    while True:
        look = sweeper.look()
        sweeper.delete(look.free)
        if not look.free and not look.waiting:
            break
        if deadline.is_over():
            raise _late(deadline, look.free + look.waiting)
        progress.tell(
            f"sweeping {scope.cluster_name}: {len(sweeper.deleted)} interfaces deleted,"
            f" {len(look.waiting)} not yet free …"
        )
        deadline.sleep(POLL_SECONDS)
    if sweeper.deleted:
        count = len(sweeper.deleted)
        say(f"swept {scope.cluster_name}: {count} interfaces deleted ({named(sweeper.deleted)}).")
    return sweeper.deleted


def _late(deadline: Deadline, left: tuple[NetworkInterface, ...]) -> DeadlineError:
    shown = named([f"{one.id} ({one.status})" for one in left])
    return DeadlineError(
        Explanation(
            "sweep",
            f"after {deadline.seconds:.0f} s {len(left)} network interfaces are left: {shown}",
            "their security groups and subnets cannot be deleted before them.",
            "run the same command again; if they stay, look at them with `podsg enis list`.",
            REFERENCE,
        )
    )
