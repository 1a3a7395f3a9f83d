"""Wait until an object is ready or gone.

Waits for what the published provider waits for, with one exception: of the kinds that take time to
become ready only Deployments are waited for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from lab.plugins.interface import PluginError, Values
from lab.plugins.kubernetes.objects import DELETION_PROPAGATION, SKIP_AWAIT, TIMEOUT_SECONDS, Kind, annotation

DEFAULT_TIMEOUT_SECONDS: Final = 600.0
"""Source: await/await.go, Creation, Update and Deletion."""
FIRST_POLL_SECONDS: Final = 0.1
LONGEST_POLL_SECONDS: Final = 1.0

DEPLOYMENT: Final = Kind("apps/v1", "Deployment")
_SKIP_ON_DELETE: Final = frozenset(
    {
        Kind("v1", "Namespace"),
        Kind("v1", "Pod"),
        Kind("v1", "ReplicationController"),
        Kind("apps/v1", "DaemonSet"),
        DEPLOYMENT,
        Kind("apps/v1", "StatefulSet"),
        Kind("batch/v1", "Job"),
    }
)
"""Kinds whose deletion `skipAwait` lets pass. Source: metadata/overrides.go, allowsSkipAwaitWithDelete."""

ResultT = TypeVar("ResultT")


class GaveUpError(PluginError):
    """Say that a wait ended before what it waited for."""


def until(
    probe: Callable[[], ResultT | None], subject: str, timeout: float, cancelled: threading.Event
) -> ResultT:
    """Ask until there is an answer that is not `None`.

    Args:
        probe: Question, asked at least once.
        subject: What is waited for, for messages.
        timeout: Longest wait, in seconds.
        cancelled: Ends the wait.

    Raises:
        GaveUpError: The time is over or the wait was cancelled.
    """
    ends, pause = time.monotonic() + timeout, FIRST_POLL_SECONDS
    while (answer := probe()) is None:
        left = ends - time.monotonic()
        if left <= 0:
            raise GaveUpError(f"timed out after {timeout:g} s waiting for {subject}")
        if cancelled.wait(min(pause, left)):
            raise GaveUpError(f"cancelled while waiting for {subject}")
        pause = min(pause * 2, LONGEST_POLL_SECONDS)
    return answer


def seconds(timeout: float, inputs: Values) -> float:
    """Return the time limit: the resource option, else the annotation, else ten minutes.

    Source: metadata/overrides.go, TimeoutDuration.
    """
    text = annotation(inputs, TIMEOUT_SECONDS)
    return timeout or (float(text) if text.isdecimal() else DEFAULT_TIMEOUT_SECONDS)


def propagation(inputs: Values) -> str:
    """Return how dependents are deleted, in the foreground unless an annotation says otherwise.

    Source: metadata/overrides.go, DeletionPropagation.
    """
    chosen = annotation(inputs, DELETION_PROPAGATION).lower()
    return {"orphan": "Orphan", "background": "Background"}.get(chosen, "Foreground")


def skips(inputs: Values) -> bool:
    """Say whether the program asks not to wait. Source: metadata/overrides.go, SkipAwaitLogic."""
    return annotation(inputs, SKIP_AWAIT) == "true"


def skips_on_delete(kind: Kind, inputs: Values) -> bool:
    """Say whether the program asks not to wait for a deletion, of a kind where that counts."""
    return skips(inputs) and kind in _SKIP_ON_DELETE


def unready(kind: Kind, live: Values) -> list[str]:
    """Return what keeps an object from being ready; empty if it is ready.

    Source: await/deployment.go: observed generation, `Available`, `Progressing` by NewReplicaSetAvailable,
    replicas.
    """
    if kind != DEPLOYMENT:
        return []
    status: dict[str, Any] = live.get("status") or {}
    if status.get("observedGeneration") != live["metadata"].get("generation"):
        return ["the Deployment controller has not seen the latest change"]
    conditions = {item["type"]: item for item in status.get("conditions") or ()}
    problems = [
        f"[{item.get('reason', '')}] {item.get('message', '')}"
        for item in conditions.values()
        if item["status"] != "True" and item["type"] in ("Available", "Progressing")
    ]
    if "Available" not in conditions:
        problems.append("no replica is available")
    if conditions.get("Progressing", {}).get("reason") != "NewReplicaSetAvailable":
        problems.append("the rollout is not complete")
    wanted, ready = live["spec"].get("replicas", 1), status.get("readyReplicas", 0)
    if ready < wanted or status.get("updatedReplicas", 0) < wanted:
        problems.append(f"{ready} of {wanted} replicas are ready")
    return problems
