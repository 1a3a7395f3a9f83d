"""An aws-node container that ends as soon as it starts: what the kubelet shows of it."""

from __future__ import annotations

import datetime as dt

from lab.nodes.objects import Object, name_of, uid_of
from lab.nodes.settings import CONTAINER

_FIRST_SECONDS, _MOST_SECONDS = 10, 300
_WAITING = "CrashLoopBackOff"


def back_off_seconds(restarts: int) -> int:
    """Return how long the kubelet waits before it starts a container again.

    Source: Kubernetes documentation, "Pod Lifecycle", container restart policy (10 s, 20 s, 40 s, ... 300 s).

    Example:
        >>> [back_off_seconds(count) for count in (1, 2, 3, 9)]
        [10, 20, 40, 300]
    """
    return int(min(_FIRST_SECONDS * 2 ** min(restarts - 1, 10), _MOST_SECONDS))


def seconds_until_start(pod: Object, now: dt.datetime) -> float:
    """Return how long the kubelet still waits with the next start; 0 for a pod that never crashed."""
    state = _state(pod)
    if state is None:
        return 0.0
    ended = dt.datetime.fromisoformat(state["lastState"]["terminated"]["finishedAt"])
    due = ended + dt.timedelta(seconds=back_off_seconds(state["restartCount"]))
    return max((due - now).total_seconds(), 0.0)


def crashed(pod: Object, cause: str, now: dt.datetime) -> Object:
    """Return the change of the pod's status after one more crash.

    A container's log is not played: its last line stands where `kubectl describe pod` shows the message of
    the last state.

    Source: Kubernetes API reference, ContainerStatus; the kubelet restarts once at once, then backs off.
    """
    state = _state(pod)
    restarts = 1 if state is None else state["restartCount"] + 1
    moment = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    wait = f"back-off {back_off_seconds(restarts)}s restarting failed container={CONTAINER} pod={_label(pod)}"
    terminated = {
        "exitCode": 1,
        "reason": "Error",
        "message": cause,
        "startedAt": moment,
        "finishedAt": moment,
    }
    own = {
        "state": {"waiting": {"reason": _WAITING, "message": wait}},
        "lastState": {"terminated": terminated},
        "restartCount": restarts,
    }
    others = {"state": {"running": {"startedAt": moment}}, "restartCount": 0}
    unready = {"status": "False", "reason": "ContainersNotReady", "lastTransitionTime": moment}
    return {
        "status": {
            "phase": "Running",
            "containerStatuses": [
                _container(each, own if each["name"] == CONTAINER else others)
                for each in pod["spec"]["containers"]
            ],
            "conditions": [
                *_scheduled(pod),
                {"type": "Ready", **unready},
                {"type": "ContainersReady", **unready},
            ],
        }
    }


def recovered(pod: Object) -> Object:
    """Return the change of the pod's status that leaves it to kwok: aws-node has started after crashes."""
    return {"status": {"phase": "Pending", "containerStatuses": None, "conditions": _scheduled(pod)}}


def has_crashed(pod: Object) -> bool:
    """Say whether the pod's status shows a crash."""
    return _state(pod) is not None


def back_off_message(pod: Object) -> str:
    """Return the text of the kubelet's event BackOff."""
    return f"Back-off restarting failed container {CONTAINER} in pod {_label(pod)}"


def _container(container: Object, state: Object) -> Object:
    ready = "running" in state["state"]
    named = {"name": container["name"], "image": container["image"], "imageID": ""}
    return {**named, "ready": ready, "started": ready, **state}


def _scheduled(pod: Object) -> list[Object]:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return [each for each in conditions if each["type"] == "PodScheduled"]


def _label(pod: Object) -> str:
    return f"{name_of(pod)}_{pod['metadata']['namespace']}({uid_of(pod)})"


def _state(pod: Object) -> Object | None:
    """Return the status that the last crash left, None if there was none."""
    for each in (pod.get("status") or {}).get("containerStatuses") or []:
        if each["name"] == CONTAINER and "terminated" in (each.get("lastState") or {}):
            return dict(each)
    return None
