"""Wait until the lab's pods run, and until what they had in EC2 is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from lab.errors import LabError
from lab.paths import admin_kubeconfigs
from lab.session import Session
from lab.status import API_ERRORS, ClusterReport, PodRow, read_account, read_cluster, report_of
from lab.status.facts import Cluster
from lab.status.judging import TRUNK_TAG
from lab.status.reading import read_cooldown_seconds, read_interfaces
from lab.workloads import WORKLOAD_LABEL, LabPods, LabWorkload, Place, Say

POLL_SECONDS: Final = 1.0
LONGEST_START_SECONDS: Final = 600.0
STALLED_SECONDS: Final = 45.0
"""Without any change in nodes and pods: a trunk comes some seconds after its node."""
COOLING_SECONDS: Final = 120.0
"""The same while branch ENIs cool down: 60 s by default, and a scan each 30 s.

Source: amazon-vpc-resource-controller-k8s, `pkg/provider/branch`: `cooldown/cooldown.go`, `provider.go`.
"""
SHORT_OF_ROOM_SECONDS: Final = 15.0
"""The same when all nodes have their trunk and the scheduler has refused whatever does not run."""
WITHOUT_NODES_SECONDS: Final = 5.0
AFTER_COOLDOWN_SECONDS: Final = 120.0
"""How long after the cool-down the last branch ENI may take: a scan each 30 s, and retries."""
_SPOKEN_SECONDS: Final = 15.0
_NAMED_ENIS: Final = 5


@dataclass(frozen=True)
class Deployed:
    """What became of the lab's pods.

    Args:
        pods: A row per pod.
        notes: What keeps some of them.
        failed: Workloads without a running pod, though their cluster has nodes.
    """

    pods: tuple[PodRow, ...] = ()
    notes: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass
class _Progress:
    """Say a line when it changes, and again every 15 s."""

    say: Say
    _last: str = ""
    _at: float = field(default=0.0)

    def tell(self, line: str) -> None:
        now = time.monotonic()
        if line != self._last or now - self._at >= _SPOKEN_SECONDS:
            self.say(line)
            self._last, self._at = line, now


@dataclass(frozen=True)
class State:
    """The lab's pods at one moment."""

    reports: dict[str, ClusterReport]
    pods: dict[Place, tuple[PodRow, ...]]

    def running(self, place: Place) -> int:
        """Count the running pods of a workload."""
        return sum(row.phase == "Running" for row in self.pods.get(place, ()))

    def is_reached(self, workloads: Iterable[LabWorkload]) -> bool:
        """Tell whether each workload has exactly its pods, and all of them run."""
        return all(
            self.running(one.place) == len(self.pods.get(one.place, ())) == one.spec.replicas
            for one in workloads
        )

    def signature(self) -> object:
        """Return what counts as a change: not the texts of warnings, which vary with each try."""
        pods = [
            (one.name, one.phase, one.node, one.branch_eni) for rows in self.pods.values() for one in rows
        ]
        return pods, [one.nodes for one in self.reports.values()]

    def patience(self) -> float:
        """Return how long no change means that none is to come (seconds)."""
        nodes = [node for one in self.reports.values() for node in one.nodes]
        if not nodes:
            answered = all(not one.problem for one in self.reports.values())
            return WITHOUT_NODES_SECONDS if answered else STALLED_SECONDS
        if any(node.cooling_down for node in nodes):
            return COOLING_SECONDS
        waiting = [row for rows in self.pods.values() for row in rows if row.phase != "Running"]
        is_refused = bool(waiting) and all(row.message and not row.node for row in waiting)
        is_complete = all(node.ready and node.branch_enis for node in nodes)
        return SHORT_OF_ROOM_SECONDS if is_refused and is_complete else STALLED_SECONDS


def read_state(session: Session, workloads: Sequence[LabWorkload]) -> State:
    """Read nodes and pods of the clusters that the workloads are on."""
    names = {one.place.cluster for one in workloads}
    clusters = {name: read_cluster(name, path) for name, path in admin_kubeconfigs().items() if name in names}
    account = read_account(session)
    reports = {name: report_of(one, account) for name, one in clusters.items()}
    own = {
        (name, pod.namespace, pod.name): Place(name, pod.namespace, pod.labels[WORKLOAD_LABEL])
        for name, one in clusters.items()
        for pod in one.pods
        if WORKLOAD_LABEL in pod.labels and not pod.has_ended
    }
    pods: dict[Place, tuple[PodRow, ...]] = {}
    for name, one in reports.items():
        for row in one.pods:
            if place := own.get((name, row.namespace, row.name)):
                pods[place] = (*pods.get(place, ()), row)
    return State(reports, pods)


def await_running(
    read: Callable[[], State], workloads: Sequence[LabWorkload], say: Say, poll: float = POLL_SECONDS
) -> State:
    """Wait until all pods run, or until nothing changes any more.

    Args:
        read: Reads the present state.
        workloads: What is to run.
        say: Receives progress.
        poll: Time between two looks (seconds).
    """
    progress = _Progress(say)
    wanted = sum(one.spec.replicas for one in workloads)
    ends = time.monotonic() + LONGEST_START_SECONDS
    state, changed = read(), time.monotonic()
    while not state.is_reached(workloads):
        running = sum(state.running(one.place) for one in workloads)
        progress.tell(f"waiting for pods: {running} of {wanted} run …")
        if time.monotonic() > min(ends, changed + state.patience()):
            break
        time.sleep(poll)
        before, state = state, read()
        if state.signature() != before.signature():
            changed = time.monotonic()
    return state


def deployed(state: State, workloads: Sequence[LabWorkload], problems: Iterable[str]) -> Deployed:
    """Say what became of the workloads."""
    notes = list(problems)
    failed = []
    for one in workloads:
        running, wanted = state.running(one.place), one.spec.replicas
        report = state.reports.get(one.place.cluster)
        if running < wanted:
            notes.append(f"{running} of {wanted} pods of {one.place} run{_reason(report)}.")
        if wanted and not running and report and report.nodes:
            failed.append(str(one.place))
    rows = tuple(row for one in workloads for row in state.pods.get(one.place, ()))
    return Deployed(rows, tuple(notes), tuple(failed))


def _reason(report: ClusterReport | None) -> str:
    if report is not None and report.nodes:
        return ""
    return f"; {report.problem}" if report is not None and report.problem else "; the cluster has no nodes"


def start_pods(session: Session, pods: LabPods, workloads: Sequence[LabWorkload], say: Say) -> Deployed:
    """Deploy the workloads and wait until they run, or until it is clear what keeps them."""
    if not workloads:
        return Deployed()
    problems = pods.deploy(workloads)
    state = await_running(lambda: read_state(session, workloads), workloads, say)
    for one in workloads:
        if state.running(one.place) < one.spec.replicas:
            try:
                refused = pods.problem(one.place)
            except API_ERRORS as error:
                refused = f"the Kubernetes API does not answer ({type(error).__name__})."
            problems += [f"{one.place}: {refused}"] if refused else []
    return deployed(state, workloads, problems)


def remove_pods(session: Session, pods: LabPods, places: Sequence[Place], say: Say) -> None:
    """Delete Deployments of the lab and wait until their branch ENIs are gone.

    The cool-down is the cluster's own; the wait ends two minutes after it at the latest. Branch ENIs of pods
    that ended just before are waited for, too: they hold the same groups.

    Raises:
        LabError: Pods or branch ENIs remain; whatever were deleted now would leave them behind for good.
    """
    if not places:
        return
    names = sorted({place.cluster for place in places})
    watched = _branch_enis(session, names, places)
    say(f"deleting the lab's pods: {', '.join(map(str, places))} …")
    kubeconfigs = [path for name, path in admin_kubeconfigs().items() if name in names]
    bound = max(map(read_cooldown_seconds, kubeconfigs), default=0) + AFTER_COOLDOWN_SECONDS
    try:
        pods.delete(places)
    except API_ERRORS as error:
        say(f"the Kubernetes API refused or did not answer ({type(error).__name__}): pods may remain.")
    progress = _Progress(say)
    ends = time.monotonic() + bound
    while True:
        alive = _own_enis(_read(names), places)
        watched |= {eni for enis in alive.values() for eni in enis}
        left = _still_there(session, watched)
        if not (alive or left):
            return
        if time.monotonic() > ends:
            raise _remaining(bound, len(alive), sorted(left))
        progress.tell(
            f"waiting for the lab's pods to go: pods {len(alive)}, branch ENIs {len(left)} (cool-down) …"
        )
        time.sleep(POLL_SECONDS)


def _remaining(seconds: float, pods: int, enis: Sequence[str]) -> LabError:
    shown = ", ".join(enis[:_NAMED_ENIS]) + (" …" if len(enis) > _NAMED_ENIS else "")
    return LabError(
        f"after {seconds:.0f} s there remain of the lab's pods {pods}, and branch ENIs {shown or 'none'}.",
        why="nodes that went now would leave them behind, and their groups and subnets could not be deleted.",
        fix="run the command again; if they stay, see `podsg lab status` and vpc-resource-controller.log.",
    )


def _read(names: Iterable[str]) -> list[Cluster]:
    """Read the clusters that are still there."""
    kubeconfigs = admin_kubeconfigs()
    return [read_cluster(name, kubeconfigs[name]) for name in names if name in kubeconfigs]


def own_branch_enis(session: Session, places: Sequence[Place]) -> frozenset[str]:
    """List the branch ENIs that go with the lab's Deployments, and those of their clusters that cool down."""
    names = sorted({place.cluster for place in places})
    return frozenset(_branch_enis(session, names, places)) if places else frozenset()


def _branch_enis(session: Session, names: Iterable[str], places: Sequence[Place]) -> set[str]:
    """List the branch ENIs of the lab's pods, and those that no living pod names."""
    clusters = _read(names)
    own = {eni for enis in _own_enis(clusters, places).values() for eni in enis}
    living = {eni.id for one in clusters for pod in one.pods if not pod.has_ended for eni in pod.branch_enis}
    owned = {f"kubernetes.io/cluster/{one.name}" for one in clusters}
    cooling = {
        one.id
        for one in read_interfaces(session)
        if TRUNK_TAG in one.tags and owned & one.tags.keys() and one.id not in living
    }
    return own | cooling


def _own_enis(clusters: Iterable[Cluster], places: Sequence[Place]) -> dict[tuple[str, str], list[str]]:
    """Map each pod of the Deployments to its branch ENIs."""
    return {
        (pod.namespace, pod.name): [eni.id for eni in pod.branch_enis]
        for one in clusters
        for pod in one.pods
        if Place(one.name, pod.namespace, pod.labels.get(WORKLOAD_LABEL, "")) in places
    }


def _still_there(session: Session, watched: set[str]) -> set[str]:
    return watched & {one.id for one in read_interfaces(session)} if watched else set()
