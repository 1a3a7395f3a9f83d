"""Drain the pods of a cluster that hold branch ENIs, and wait until EC2 has none of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from podsg.errors import (
    ApiUnreachableError,
    DeadlineError,
    Explanation,
    ForbiddenError,
    KubernetesCallError,
)
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.objects import Pod
from podsg.lifecycle.ownership import cluster_interfaces, is_branch
from podsg.lifecycle.ports import Clock, Ec2, Kubernetes, Say
from podsg.lifecycle.progress import Progress, named
from podsg.lifecycle.sweep import Sweeper, SweepScope, refuse_unknown_vpc

POLL_SECONDS = 2.0
AFTER_COOLDOWN_SECONDS = 120.0
"""A scan each 30 s after the cool-down, and some retries.

Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/provider/branch/provider.go.
"""
AFTER_PROGRESS_SECONDS = 45.0
"""Between two deletions of the controller: a scan, and some retries."""
REFERENCE = "docs/how-to/destroy.md"


@dataclass(frozen=True)
class DrainRequest:
    """What is to be drained."""

    cluster_name: str
    vpc_id: str
    timeout_seconds: float
    """How long pods may take to go; their branch ENIs then take the cool-down."""
    cooldown_seconds: float = 60.0
    """How long the controller lets a branch ENI rest before it deletes it."""


def is_passing(error: KubernetesCallError) -> bool:
    """Tell whether the API may do it when it is asked again a moment later."""
    return isinstance(error, ApiUnreachableError) or (
        error.status == HTTPStatus.TOO_MANY_REQUESTS or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


@dataclass
class Eviction:
    """Evict pods, and remember what the API answered where it did not.

    Args:
        kubernetes: The cluster.
    """

    kubernetes: Kubernetes
    evicted: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    """Place of a pod to what the API answered last: mostly that a budget keeps it."""

    def ask(self, pod: Pod) -> None:
        """Evict a pod, unless it is going already.

        Raises:
            ForbiddenError: The caller may not.
            ApiUnreachableError: There is no answer.
        """
        self.refused.pop(pod.place, None)
        if pod.is_terminating:
            return
        try:
            self.kubernetes.evict(pod)
        except (ForbiddenError, ApiUnreachableError):
            raise
        except KubernetesCallError as error:
            self.refused[pod.place] = error.explanation.problem
            return
        self.evicted.add(pod.uid or pod.place)

    def answers(self, pods: list[Pod]) -> str:
        """Return what was answered for pods, as the end of a sentence; empty if there was nothing."""
        said = sorted({self.refused[pod.place] for pod in pods if pod.place in self.refused})
        return f"; the API answers: {named(said, 2)}" if said else ""


def drain(ec2: Ec2, kubernetes: Kubernetes, clock: Clock, request: DrainRequest, say: Say) -> int:
    """Cordon all nodes, evict every pod with a branch ENI, and wait until EC2 has none of these any more.

    Without the cordon their owners would bring them back with new branch ENIs; nodes that join meanwhile are
    cordoned too. Pods of DaemonSets come back on a cordoned node: they are named, and the node sweep takes
    their ENIs. Grace periods and disruption budgets are kept.

    EC2 calls: DescribeVpcs, DescribeNetworkInterfaces, DescribeInstances, DeleteNetworkInterface (of what is
    free after the cool-down).

    Args:
        ec2: The account.
        kubernetes: The cluster.
        clock: Time.
        request: What is to be drained.
        say: Receives progress.

    Returns: How many pods were evicted.

    Raises:
        DeadlineError: Pods are left when the time is over; names them and what their budgets answered.
        KubernetesCallError: The API refuses, or does not answer until the time is over.
        StateError: The VPC is not there.
    """
    refuse_unknown_vpc(ec2, request.vpc_id)
    work = _Drain(ec2, kubernetes, clock, request, say)
    while work.goes_on():
        clock.sleep(POLL_SECONDS)
    if work.seen:
        evicted = len(work.eviction.evicted)
        say(f"drained {request.cluster_name}: {evicted} of {len(work.seen)} pods evicted, all are gone.")
    return len(work.eviction.evicted)


class _Drain:
    """A drain under way: round by round, first until the pods are gone, then until their ENIs are."""

    def __init__(
        self, ec2: Ec2, kubernetes: Kubernetes, clock: Clock, request: DrainRequest, say: Say
    ) -> None:
        self._ec2, self._kubernetes, self._clock = ec2, kubernetes, clock
        self._request, self._say = request, say
        self._progress = Progress(clock, say)
        self._sweeper = Sweeper(ec2, clock, SweepScope(request.cluster_name, request.vpc_id))
        self._kept: dict[str, str] = {}
        self._rest: Deadline | None = None
        self._gone_at, self._fewest = 0.0, 0
        self._deadline = Deadline(clock, request.timeout_seconds)
        self.eviction = Eviction(kubernetes)
        self.holders: list[Pod] = []
        self.seen: set[str] = set()

    def goes_on(self) -> bool:
        """Do one round; tell whether another one is needed."""
        try:
            self._evict()
        except KubernetesCallError as error:
            if not is_passing(error):
                raise
            if (self._rest or self._deadline).is_over():
                raise _unanswered(self._request, self._deadline, error) from None
            self._progress.tell(f"draining {self._request.cluster_name}: {error.explanation.problem} …")
            return True
        left = [one for one in self._branch_enis() if one.id not in self._kept]
        return self._waits_for_pods(left) if self.holders else self._waits_for_enis(left)

    def _evict(self) -> None:
        for node in self._kubernetes.nodes():
            if not node.is_unschedulable:
                self._kubernetes.cordon(node.name)
        pods = self._kubernetes.pods()
        self._keep(pods)
        self.holders = [pod for pod in pods if _is_drained(pod)]
        self.seen |= {pod.uid for pod in self.holders}
        for pod in self.holders:
            self.eviction.ask(pod)

    def _keep(self, pods: tuple[Pod, ...]) -> None:
        """Leave the pods alone that come back on their nodes, and say so once."""
        kept = {eni: pod.place for pod in pods if pod.is_of_its_node for eni in pod.branch_eni_ids}
        if kept and not self._kept:
            self._say(
                f"not evicted, as DaemonSets bring them back at once: {named(sorted(set(kept.values())))};"
                f" their branch ENIs go with their nodes ({named(sorted(kept))})."
            )
        self._kept = kept

    def _branch_enis(self) -> list[NetworkInterface]:
        found = cluster_interfaces(self._ec2, self._request.cluster_name, self._request.vpc_id)
        return [one for one in found if is_branch(one)]

    def _waits_for_pods(self, left: list[NetworkInterface]) -> bool:
        """Tell how far the pods are.

        Raises:
            DeadlineError: They are not gone in time.
        """
        if self._deadline.is_over():
            raise _late(self._request, self._deadline, self.holders, self.eviction)
        self._rest = None
        refused = f", {len(self.eviction.refused)} kept by a budget" if self.eviction.refused else ""
        self._progress.tell(
            f"draining {self._request.cluster_name}: {len(self.eviction.evicted)} of {len(self.seen)} pods"
            f" evicted{refused}, {len(self.holders)} not gone, {len(left)} branch ENIs left …"
        )
        return True

    def _waits_for_enis(self, left: list[NetworkInterface]) -> bool:
        """Let the controller delete the branch ENIs; what it leaves free is deleted here.

        What is neither gone nor free in time stays for the node sweep: with its node goes whatever holds it.
        """
        if not left:
            return False
        rest = self._rest_of(len(left))
        if rest.is_over():
            self._say(
                f"{len(left)} branch ENIs are left {self._clock.now() - self._gone_at:.0f} s after their pods"
                f" went ({named([one.id for one in left])}): the sweep after the nodes takes them."
            )
            return False
        self._sweeper.delete(one for one in self._sweeper.look().free if is_branch(one))
        self._progress.tell(self._awaited(left))
        return True

    def _awaited(self, left: list[NetworkInterface]) -> str:
        """Say what deletes the branch ENIs that are left, and what does if it does not."""
        if self._clock.now() - self._gone_at < self._request.cooldown_seconds:
            return f"waiting for the cool-down: {len(left)} branch ENIs left …"
        shown = named(sorted(one.id for one in left))
        return (
            f"the cool-down is over; waiting for the VPC Resource Controller to delete {len(left)} branch"
            f" ENIs ({shown}): what it leaves goes with the nodes …"
        )

    def _rest_of(self, count: int) -> Deadline:
        """Return until when branch ENIs may rest: longer while they become fewer."""
        if self._rest is None:
            self._gone_at, self._fewest = self._clock.now(), count
            self._rest = Deadline(self._clock, self._request.cooldown_seconds + AFTER_COOLDOWN_SECONDS)
        elif count < self._fewest:
            self._fewest = count
            if self._rest.left() < AFTER_PROGRESS_SECONDS:
                self._rest = Deadline(self._clock, AFTER_PROGRESS_SECONDS)
        return self._rest


def _is_drained(pod: Pod) -> bool:
    holds = bool(pod.branch_eni_ids) or (pod.wants_branch_eni and bool(pod.node))
    return holds and not pod.has_ended and not pod.is_of_its_node


def _unanswered(request: DrainRequest, deadline: Deadline, error: KubernetesCallError) -> KubernetesCallError:
    return type(error)(
        Explanation(
            f"draining {request.cluster_name}",
            f"the Kubernetes API still fails after {deadline.elapsed() / 60:.0f} min:"
            f" {error.explanation.problem}",
            "without it nobody knows which pods hold branch ENIs; nodes and cluster were not deleted, and"
            " nodes that are cordoned stay so.",
            "run the same command again when it answers. To undo the cordon:"
            " `kubectl uncordon --selector kubernetes.io/os=linux`.",
            REFERENCE,
        ),
        error.status,
    )


def _late(request: DrainRequest, deadline: Deadline, holders: list[Pod], eviction: Eviction) -> DeadlineError:
    shown = named([pod.place for pod in holders])
    return DeadlineError(
        Explanation(
            f"draining {request.cluster_name}",
            f"{len(holders)} pods with branch ENIs are left after {deadline.seconds / 60:.0f} min:"
            f" {shown}{eviction.answers(holders)}",
            "nodes that went now would leave their branch ENIs behind; nothing was deleted, and all nodes are"
            " cordoned.",
            "let their budgets allow it, or delete the pods, and run the same command again; raise"
            " destroy.drain_timeout_minutes if they are only slow. To undo the cordon:"
            " `kubectl uncordon --selector kubernetes.io/os=linux`.",
            REFERENCE,
        )
    )
