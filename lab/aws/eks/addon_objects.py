"""What add-ons keep in their cluster's API, put there and taken away in a thread: no request waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import yaml
from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from lab.aws.lock import BACKEND_LOCK
from lab.cluster import vpc_cni
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.aws.eks.state import Cluster, Description

_OWNER = "vpc-cni"

Done = Callable[[str | None], None]
"""Called under the lock of all state, with what went wrong or None."""


def install(cluster: Cluster, description: Description, done: Done) -> None:
    """Apply what the add-on brings, then say so."""
    _run(cluster, description, done, lambda admin: vpc_cni.install(admin, _eni_configs(description)))


def remove(cluster: Cluster, description: Description, done: Done) -> None:
    """Delete what the add-on brought, then say so."""
    _run(cluster, description, done, vpc_cni.remove)


def _run(cluster: Cluster, description: Description, done: Done, action: Callable[[Any], None]) -> None:
    plane = cluster.control_plane
    if plane is None or description["addonName"] != _OWNER:
        done(None)
        return

    def run() -> None:
        problem = None
        try:
            with plane.administration() as admin:
                action(admin)
        except (LabError, ApiException, HTTPError, OSError) as error:
            problem = str(error)
        with BACKEND_LOCK:
            done(problem)

    threading.Thread(target=run, daemon=True).start()


def _eni_configs(description: Description) -> dict[str, dict[str, Any]]:
    """Return the ENIConfigs that the configuration values ask for.

    Source: aws/amazon-vpc-cni-k8s charts/aws-vpc-cni/templates/eniconfig.yaml.
    """
    wanted = (yaml.safe_load(description["configurationValues"] or "") or {}).get("eniConfig") or {}
    if not wanted.get("create"):
        return {}
    return {
        name: {"subnet": subnet["id"]}
        | ({"securityGroups": subnet["securityGroups"]} if subnet.get("securityGroups") else {})
        for name, subnet in wanted["subnets"].items()
    }
