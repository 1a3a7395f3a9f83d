"""Updates: the record of each asynchronous change, and its end, good or bad."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lab.aws.eks.errors import ResourceInUseError, ResourceNotFoundError
from lab.aws.eks.state import Cluster, Description, EksRequest, Update, now
from lab.aws.transitions import after

if TYPE_CHECKING:
    from lab.aws.eks.backend import LabEKSBackend

UPDATE_SECONDS = 0.5
RUNNING = "InProgress"

Finish = Callable[[Description | None], None]
"""Ends an update, under the lock of all state: the error (errorCode, errorMessage, resourceIds) or None."""


def begin(
    request: EksRequest,
    kind: str,
    parameters: dict[str, Any],
    apply: Callable[[], None],
    *,
    nodegroup: str | None = None,
    addon: str | None = None,
) -> Description:
    """Record an update and apply it after a moment; the resource reads UPDATING in between.

    Args:
        request: The request that asks for it.
        kind: Type of the update, as in botocore's UpdateType.
        parameters: What changes, as in UpdateParamType; values that are not text become JSON.
        apply: Makes the change.
        nodegroup: Name of the node group, if it is one that changes.
        addon: Name of the add-on, if it is one that changes.

    Returns:
        The description of the update.
    """

    def work(finish: Finish) -> None:
        apply()
        finish(None)

    return begin_work(request, kind, parameters, work, nodegroup=nodegroup, addon=addon)


def begin_work(
    request: EksRequest,
    kind: str,
    parameters: dict[str, Any],
    work: Callable[[Finish], None],
    *,
    nodegroup: str | None = None,
    addon: str | None = None,
) -> Description:
    """Record an update that takes its time; the resource reads UPDATING until it is finished.

    Args:
        request: The request that asks for it.
        kind: Type of the update, as in botocore's UpdateType.
        parameters: What changes, as in UpdateParamType; values that are not text become JSON.
        work: Starts the change, under the lock; calls what it is given when the change has ended. A resource
            that then still reads UPDATING reads ACTIVE.
        nodegroup: Name of the node group, if it is one that changes.
        addon: Name of the add-on, if it is one that changes.

    Returns:
        The description of the update.
    """
    cluster = request.cluster
    subject = _subject(cluster, nodegroup, addon)
    description = _record(kind, parameters)
    cluster.updates[description["id"]] = Update(description, nodegroup, addon)
    subject["status"] = "UPDATING"

    def finish(error: Description | None) -> None:
        if subject["status"] == "UPDATING":
            subject["status"] = "ACTIVE"
        description["status"] = "Successful" if error is None else "Failed"
        description["errors"] = [] if error is None else [error]

    def start() -> None:
        if _is_current(request.backend, cluster, subject, nodegroup, addon):
            work(finish)
        else:
            description["status"] = "Cancelled"

    after(UPDATE_SECONDS, start)
    return description


def refuse_if_updating(subject: Description, name: str) -> None:
    """Refuse a second change while one runs.

    Raises:
        ResourceInUseError: The resource reads UPDATING.
    """
    if subject["status"] == "UPDATING":
        raise ResourceInUseError(f"Cannot update {name} because it currently has an update in progress")


def describe(request: EksRequest) -> Description:
    """Answer one update."""
    update = request.cluster.updates.get(request.get("updateId", ""))
    if update is None or not _belongs(update, request):
        raise ResourceNotFoundError(f"No update found for ID: {request.get('updateId')}")
    return {"update": update.description}


def list_ids(request: EksRequest) -> Description:
    """Answer the updates of the cluster, or of a node group or add-on if one is named."""
    chosen = [key for key, update in request.cluster.updates.items() if _belongs(update, request)]
    return request.page("updateIds", chosen)


def _belongs(update: Update, request: EksRequest) -> bool:
    return (update.nodegroup, update.addon) == (request.get("nodegroupName"), request.get("addonName"))


def _record(kind: str, parameters: dict[str, Any]) -> Description:
    return {
        "id": str(uuid.uuid4()),
        "status": RUNNING,
        "type": kind,
        "params": [{"type": name, "value": _text(value)} for name, value in parameters.items()],
        "createdAt": now(),
        "errors": [],
    }


def _subject(cluster: Cluster, nodegroup: str | None, addon: str | None) -> Description:
    if nodegroup is not None:
        return cluster.nodegroups[nodegroup]
    return cluster.addons[addon] if addon is not None else cluster.description


def _is_current(
    backend: LabEKSBackend, cluster: Cluster, subject: Description, nodegroup: str | None, addon: str | None
) -> bool:
    if backend.clusters.get(cluster.name) is not cluster or subject["status"] != "UPDATING":
        return False
    if nodegroup is not None:
        return cluster.nodegroups.get(nodegroup) is subject
    return addon is None or cluster.addons.get(addon) is subject


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
