"""What EKS does with a node group's instances after it has answered: one function per kind of change.

Each runs in a thread of its own and ends with the node group's new status.

Source: EKS user guide, "Managed node groups", "Delete a managed node group from your cluster", "Understand
each phase of node updates"; EKS API reference, Nodegroup (status, health) and Update (errors).
"""

from __future__ import annotations

import sys
import threading
import traceback
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from kubernetes.client import ApiException

from lab.aws.eks import node_spec, replacement
from lab.aws.eks.fleet import (
    DRAIN_SECONDS,
    UNREACHABLE,
    UPDATE_DRAIN_SECONDS,
    Fleet,
    FleetError,
    FleetGoneError,
    drain_bound,
)
from lab.aws.lock import BACKEND_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.aws.eks.state import Description
    from lab.aws.eks.updates import Finish


@dataclass(frozen=True)
class Change:
    """What an update does to a node group.

    Attributes:
        values: New values under the wire's names.
        template: Data of the new launch template's version; None keeps the present one.
        forced: Terminate nodes whose pods cannot be moved.
    """

    values: Description = field(default_factory=dict)
    template: Description | None = None
    forced: bool = False


def create(fleet: Fleet) -> None:
    """Start the wanted instances; ACTIVE when each has a Ready Node, else CREATE_FAILED with the reason."""

    def work() -> None:
        group = fleet.nodegroup
        fleet.check_subnets(_template(fleet))
        ids = fleet.launch(group["scalingConfig"]["desiredSize"], group, _template(fleet))
        fleet.wait_joined(ids, "CREATING")
        with BACKEND_LOCK:
            fleet.check("CREATING")
            group["status"] = "ACTIVE"
        replacement.keep(fleet)

    def fail(error: FleetError) -> None:
        fleet.check("CREATING")
        fleet.nodegroup.update({"status": "CREATE_FAILED", "health": {"issues": [error.issue]}})

    _run(work, fail)


def delete(fleet: Fleet) -> None:
    """Drain and terminate every instance; then the node group is gone."""

    def work() -> None:
        fleet.drain(fleet.machine_ids, drain_bound(DRAIN_SECONDS), forced=True)
        with BACKEND_LOCK:
            fleet.check("DELETING")
            del fleet.cluster.nodegroups[fleet.name]
            fleet.cluster.templates.pop(fleet.name, None)

    def fail(error: FleetError) -> None:
        fleet.check("DELETING")
        fleet.nodegroup.update({"status": "DELETE_FAILED", "health": {"issues": [error.issue]}})

    _run(work, fail)


def configure(fleet: Fleet, change: Change, finish: Finish) -> None:
    """Change sizes, labels and taints, of the instances that run, too."""

    def work() -> None:
        _mark(fleet, change)
        group, present = fleet.nodegroup, fleet.machine_ids
        missing = group["scalingConfig"]["desiredSize"] - len(present)
        if missing > 0:
            fleet.wait_joined(fleet.launch(missing, group, _template(fleet)), "UPDATING")
        elif missing < 0:
            fleet.drain(present[missing:], drain_bound(DRAIN_SECONDS), forced=True)
        with BACKEND_LOCK:
            group["health"] = {"issues": []}
            finish(None)

    def fail(error: FleetError) -> None:
        fleet.nodegroup.update({"status": "DEGRADED", "health": {"issues": [error.issue]}})
        finish(error.error)

    _run(work, fail)


def replace(fleet: Fleet, change: Change, finish: Finish) -> None:
    """Replace the instances, as many at a time as may be unavailable; the new ones are Ready before."""

    def work() -> None:
        template = _template(fleet) if change.template is None else change.template
        wanted = fleet.nodegroup | change.values
        old, pace = fleet.machine_ids, _pace(fleet)
        for start in range(0, len(old), pace):
            _exchange(fleet, old[start : start + pace], wanted, template, forced=change.forced)
        with BACKEND_LOCK:
            fleet.nodegroup.update({key: value for key, value in change.values.items() if key != "status"})
            fleet.cluster.templates[fleet.name] = template
            finish(None)

    _run(work, lambda error: finish(error.error))


def _exchange(
    fleet: Fleet, old: list[str], wanted: Description, template: Description, *, forced: bool
) -> None:
    """Put new instances in place of old ones; when that fails, as many stay as there were."""
    before = fleet.machine_ids
    try:
        new = fleet.launch(len(old), wanted, template)
        fleet.wait_joined(new, "UPDATING")
        fleet.drain(old, drain_bound(UPDATE_DRAIN_SECONDS), forced=forced)
    except FleetError:
        present = fleet.machine_ids
        new = [each for each in present if each not in before]
        fleet.drain(
            new[len(new) - max(len(present) - len(before), 0) :], drain_bound(DRAIN_SECONDS), forced=True
        )
        raise


def _pace(fleet: Fleet) -> int:
    wanted = fleet.nodegroup["updateConfig"]
    share = len(fleet.machine_ids) * wanted.get("maxUnavailablePercentage", 0) // 100
    return max(1, int(wanted.get("maxUnavailable", share)))


def _template(fleet: Fleet) -> Description:
    return fleet.cluster.templates.get(fleet.name, {})


def _mark(fleet: Fleet, change: Change) -> None:
    """Take the new values over and bring labels and taints to the Nodes that are there."""
    with BACKEND_LOCK:
        fleet.check("UPDATING")
        group = fleet.nodegroup
        old_labels, old_taints = dict(group["labels"]), node_spec.taints(group)
        group.update(change.values)
        new_labels, new_taints = dict(group["labels"]), node_spec.taints(group)
        machines = [fleet.cluster.machines[each] for each in fleet.machine_ids]
        gone = {key: None for key in old_labels if key not in new_labels}
        for machine in machines:
            kept = {key: value for key, value in machine.labels.items() if key not in gone}
            machine.labels, machine.taints = kept | new_labels, new_taints
    if (old_labels, old_taints) == (new_labels, new_taints):
        return
    names = fleet.node_names([each.instance_id for each in machines])
    with fleet.nodes() as nodes:
        nodes.relabel(names, gone | new_labels)
        nodes.retaint(names, old_taints, new_taints)


def _run(work: Callable[[], None], fail: Callable[[FleetError], None]) -> None:
    """Work in a thread; a failure is told under the lock; when the node group has gone, nothing is."""

    def run() -> None:
        try:
            work()
        except FleetGoneError:
            return
        except FleetError as error:
            _tell(fail, error)
        except UNREACHABLE as error:
            _tell(fail, _unreached(error))
        except Exception as error:  # noqa: BLE001  whatever it was, DescribeNodegroup has to say it
            traceback.print_exc(file=sys.stderr)
            _tell(fail, FleetError("InternalFailure", f"{type(error).__name__}: {error}"))

    threading.Thread(target=run, daemon=True).start()


def _unreached(error: Exception) -> FleetError:
    """Tell an API server that does not answer from one that refuses."""
    if isinstance(error, ApiException) and error.status:
        code = "InternalFailure" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "ClusterUnreachable"
        return FleetError(code, f"the Kubernetes API answered {error.status} {error.reason}")
    return FleetError("ClusterUnreachable", str(error))


def _tell(fail: Callable[[FleetError], None], error: FleetError) -> None:
    with BACKEND_LOCK:
        try:
            fail(error)
        except FleetGoneError:
            return
