"""Statuses of add-ons from the objects in their cluster's API, looked at in a thread, answered from memory.

Source: EKS API reference, Addon (status) and AddonIssue (InsufficientNumberOfReplicas). How long EKS waits
before it says DEGRADED is not published; the bounds are the lab's own.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from kubernetes import client
from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from lab.aws.eks.addon_catalog import CATALOG
from lab.aws.lock import BACKEND_LOCK
from lab.cluster.admin import REQUEST_SECONDS
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.aws.eks.backend import LabEKSBackend
    from lab.aws.eks.state import Cluster, Description, Rollout

UNSETTLED_SECONDS = 0.25
SETTLED_SECONDS = 1.0
DEGRADED_SECONDS = 5.0
ROLLOUT_SECONDS = 60.0
"""How long an update may take before it has failed."""
WORKLOADS = {
    "vpc-cni": "aws-node",
    "kube-proxy": "kube-proxy",
    "coredns": "coredns",
    "eks-pod-identity-agent": "eks-pod-identity-agent",
}
"""DaemonSet or Deployment by add-on; the others of the catalogue run nothing in the lab."""
PROBLEM = "The add-on is unhealthy because it doesn't have the desired number of replicas."
LOOKED_AT = frozenset({"CREATING", "ACTIVE", "DEGRADED", "UPDATING"})


def observe(backend: LabEKSBackend, cluster: Cluster) -> None:
    """Look at the cluster's add-ons until the cluster is gone, in a thread of its own."""
    threading.Thread(target=_observe, args=(backend, cluster), daemon=True).start()


def _observe(backend: LabEKSBackend, cluster: Cluster) -> None:
    while backend.clusters.get(cluster.name) is cluster and (plane := cluster.control_plane) is not None:
        try:
            with plane.administration() as admin:
                while cluster.control_plane is plane and backend.clusters.get(cluster.name) is cluster:
                    time.sleep(_look(cluster, client.AppsV1Api(admin.api)))
        except (LabError, ApiException, HTTPError, OSError):
            time.sleep(SETTLED_SECONDS)
        except Exception:  # noqa: BLE001  whatever it was, statuses must not stand still
            traceback.print_exc(file=sys.stderr)
            time.sleep(SETTLED_SECONDS)


def _look(cluster: Cluster, api: Any) -> float:
    """Settle what can be settled; return the seconds until the next look."""
    with BACKEND_LOCK:
        # What begins during the look is judged by the next one: the workloads may be those of before.
        rollouts = dict(cluster.rollouts)
    if not rollouts:
        return UNSETTLED_SECONDS
    workloads: list[Any] = []
    for kind in ("daemon_set", "deployment"):
        found = getattr(api, f"list_namespaced_{kind}")("kube-system", _request_timeout=REQUEST_SECONDS)
        workloads += found.items
    complete = {each.metadata.name: _is_complete(each) for each in workloads}
    with BACKEND_LOCK:
        for name, rollout in rollouts.items():
            description = cluster.addons.get(name)
            if description is None:
                cluster.rollouts.pop(name, None)
            elif cluster.rollouts.get(name) is rollout and description["status"] in LOOKED_AT:
                _settle(description, rollout, healthy=_is_healthy(cluster, name, complete))
        settled = all(cluster.addons.get(name, {}).get("status") == "ACTIVE" for name in cluster.rollouts)
    return SETTLED_SECONDS if settled else UNSETTLED_SECONDS


def _is_healthy(cluster: Cluster, name: str, complete: dict[str, bool]) -> bool:
    if name in WORKLOADS:
        return complete.get(WORKLOADS[name], False)
    has_nodes = bool(cluster.fargate_profiles) or any(
        each["status"] in {"ACTIVE", "UPDATING"} for each in cluster.nodegroups.values()
    )
    return has_nodes or not CATALOG[name].needs_nodes


def _is_complete(workload: Any) -> bool:
    """Tell whether the controllers have seen the last change and every wanted pod is up and new."""
    status = workload.status
    if (status.observed_generation or 0) < workload.metadata.generation:
        return False
    if hasattr(status, "desired_number_scheduled"):
        wanted = status.desired_number_scheduled
        new, ready = status.updated_number_scheduled, status.number_ready
    else:
        wanted = workload.spec.replicas
        new, ready = status.updated_replicas, status.available_replicas
    return bool((new or 0) >= wanted and (ready or 0) >= wanted)


def _settle(description: Description, rollout: Rollout, *, healthy: bool) -> None:
    if healthy:
        rollout.unhealthy_since = None
        _finish(description, rollout, None)
        description["status"], description["health"] = "ACTIVE", {"issues": []}
        return
    now = time.monotonic()
    if rollout.unhealthy_since is None:
        rollout.unhealthy_since = now
    bound = DEGRADED_SECONDS if rollout.finish is None else ROLLOUT_SECONDS
    if now - rollout.unhealthy_since < bound:
        return
    _finish(description, rollout, PROBLEM)
    issue = {"code": "InsufficientNumberOfReplicas", "message": PROBLEM, "resourceIds": []}
    description["status"], description["health"] = "DEGRADED", {"issues": [issue]}


def _finish(description: Description, rollout: Rollout, problem: str | None) -> None:
    if rollout.finish is not None and description["status"] == "UPDATING":
        rollout.finish(problem)
    rollout.finish = None
