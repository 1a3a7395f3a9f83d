"""Let the pods of a workload let go of its security group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from podsg.errors import DeadlineError, Explanation, KubernetesCallError, StateError
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.drain import Eviction, is_passing
from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.objects import Pod
from podsg.lifecycle.ownership import cluster_interfaces, instance_of
from podsg.lifecycle.ports import Clock, Ec2, Kubernetes, Say
from podsg.lifecycle.progress import Progress, named
from podsg.lifecycle.sweep import Sweeper, SweepScope
from podsg.model.removal import OnRemove

POLL_SECONDS = 2.0
REFERENCE = "docs/how-to/destroy.md#remove-one-workload"


@dataclass(frozen=True)
class RemovalRequest:
    """A workload that goes."""

    workload: str
    cluster_name: str
    vpc_id: str
    group_ids: frozenset[str]
    """Security groups that are to go with it."""
    on_remove: OnRemove
    timeout_seconds: float


def release_groups(
    ec2: Ec2, kubernetes: Kubernetes | None, clock: Clock, request: RemovalRequest, say: Say
) -> None:
    """Wait until no interface of the cluster holds the groups of a workload.

    Running pods are evicted, waited for, or refused, as the workload says. Leaked interfaces with these
    groups are deleted. No node is cordoned, and no pod whose branch ENI has other groups is touched.

    EC2 calls: DescribeVpcs, DescribeNetworkInterfaces, DescribeInstances, DeleteNetworkInterface.

    Args:
        ec2: The account.
        kubernetes: The cluster; None if it is gone.
        clock: Time.
        request: The workload.
        say: Receives progress.

    Raises:
        StateError: Pods run that may not be touched; or the VPC is not there.
        DeadlineError: Something holds the groups when the time is over; names it.
        KubernetesCallError: The API refuses, or does not answer until the time is over.
    """
    deadline, progress = Deadline(clock, request.timeout_seconds), Progress(clock, say)
    sweeper = Sweeper(ec2, clock, SweepScope(request.cluster_name, request.vpc_id, request.group_ids))
    eviction = Eviction(kubernetes) if kubernetes and request.on_remove is OnRemove.RESTART else None
    while True:
        sweeper.delete(sweeper.look().free)
        held = _holding(ec2, request)
        if not held:
            return
        try:
            pods = _holders(kubernetes, held)
            _treat(request, pods, eviction)
            if kubernetes and not pods and _are_drained(kubernetes, held):
                count = len(held)
                say(f"removing {request.workload}: {count} branch ENIs go with their drained nodes.")
                return
        except KubernetesCallError as error:
            if not is_passing(error) or deadline.is_over():
                raise
            progress.tell(f"removing {request.workload}: {error.explanation.problem} …")
        else:
            if deadline.is_over():
                raise _late(request, deadline, held, pods, eviction)
            progress.tell(_line(request, len(held), pods))
        deadline.sleep(POLL_SECONDS)


def _treat(request: RemovalRequest, pods: list[Pod], eviction: Eviction | None) -> None:
    running = [pod for pod in pods if not pod.is_terminating]
    if running and request.on_remove is OnRemove.FAIL:
        raise _refused(request, running)
    if eviction:
        for pod in pods:
            eviction.ask(pod)


def _holding(ec2: Ec2, request: RemovalRequest) -> list[NetworkInterface]:
    found = cluster_interfaces(ec2, request.cluster_name, request.vpc_id)
    return [one for one in found if one.group_ids & request.group_ids]


def _holders(kubernetes: Kubernetes | None, held: Iterable[NetworkInterface]) -> list[Pod]:
    ids = {one.id for one in held}
    pods = kubernetes.pods() if kubernetes else ()
    return [pod for pod in pods if ids.intersection(pod.branch_eni_ids) and not pod.has_ended]


def _are_drained(kubernetes: Kubernetes, held: Iterable[NetworkInterface]) -> bool:
    """Tell whether the nodes of interfaces are all cordoned, as the drain of a destroy leaves them.

    Whatever its controller does not delete is then left to the sweep after the nodes.
    """
    cordoned = {node.instance_id for node in kubernetes.nodes() if node.is_unschedulable}
    return all(instance_of(one) in cordoned for one in held)


def _line(request: RemovalRequest, enis: int, pods: list[Pod]) -> str:
    running = [pod.place for pod in pods if not pod.is_terminating]
    if not running:
        return f"removing {request.workload}: waiting for the cool-down of {enis} branch ENIs …"
    how = (
        "restarting: they come back with what other policies give them, else with the groups of their node"
        if request.on_remove is OnRemove.RESTART
        else "waiting until somebody restarts them"
    )
    who = f"{len(running)} pods hold its security group ({named(running)})"
    return f"removing {request.workload}: {who}; {how} …"


def _refused(request: RemovalRequest, pods: list[Pod]) -> StateError:
    return StateError(
        Explanation(
            f"removing {request.workload}",
            f"{len(pods)} running pods hold its security group: {named([pod.place for pod in pods])}",
            "EC2 does not delete a group that an interface holds, and on_remove is fail: nothing was done to"
            " them.",
            "restart or delete them and run the same command again, or set on_remove to restart or wait.",
            REFERENCE,
        )
    )


def _late(
    request: RemovalRequest,
    deadline: Deadline,
    held: list[NetworkInterface],
    pods: list[Pod],
    eviction: Eviction | None,
) -> DeadlineError:
    by = f"pods {named([pod.place for pod in pods])}" if pods else named([one.id for one in held])
    said = eviction.answers(pods) if eviction else ""
    return DeadlineError(
        Explanation(
            f"removing {request.workload}",
            f"after {deadline.seconds / 60:.0f} min {len(held)} branch ENIs hold its security group:"
            f" {by}{said}",
            "EC2 does not delete a group that an interface holds.",
            "restart or delete the pods and run the same command again, or set on_remove to restart.",
            REFERENCE,
        )
    )
