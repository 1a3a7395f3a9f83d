"""What add-ons keep in their cluster's API, put there and taken away in a thread: no request waits for it.

EKS's coredns brings a PodDisruptionBudget (one of two pods may be unavailable), the lab's does not: in EKS
the deletion of the last node group evicts the first pod, whose successor finds no node, and waits with the
second until the bound of the drain is over. In the lab every destroy would take these minutes longer.
Source: AWS containers blog, "Recent changes to the CoreDNS add-on"; eksctl-io/eksctl pull request 7496.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import yaml
from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from lab.aws.eks.addon_catalog import CATALOG
from lab.aws.lock import BACKEND_LOCK
from lab.cluster import addon_manifests, vpc_cni
from lab.cluster.addon_manifests import Installation
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.aws.eks.state import Cluster, Description
    from lab.cluster.admin import Admin

SELF_MANAGED = ("vpc-cni", "kube-proxy", "coredns")
"""Source: EKS API reference, CreateCluster (bootstrapSelfManagedAddons)."""
_CNI = "vpc-cni"

Done = Callable[[str | None], None]
"""Called under the lock of all state, with what went wrong or None."""


def install(cluster: Cluster, region: str, description: Description, done: Done, *, keep_data: bool) -> None:
    """Apply what the add-on brings, then say so.

    Args:
        cluster: Cluster of the add-on.
        region: Region of the cluster.
        description: The add-on.
        done: Called at the end.
        keep_data: Leave what others have changed in ConfigMaps.
    """
    wanted = _installation(cluster, region, description)
    configs = _eni_configs(description)

    def action(admin: Admin) -> None:
        if wanted.addon == _CNI:
            vpc_cni.install(admin, configs)
        addon_manifests.apply(admin, wanted.objects(), keep_data=keep_data)

    _run(cluster, done, action)


def remove(cluster: Cluster, region: str, description: Description, done: Done) -> None:
    """Delete what the add-on brought, then say so."""
    wanted = _installation(cluster, region, description)

    def action(admin: Admin) -> None:
        addon_manifests.delete(admin, reversed(wanted.objects()))
        if wanted.addon == _CNI:
            vpc_cni.remove(admin)

    _run(cluster, done, action)


def install_self_managed(admin: Admin, description: Description, region: str) -> None:
    """Apply the add-ons that a new cluster has without asking, with their defaults.

    Args:
        admin: The lab's access to the API server.
        description: The cluster.
        region: Region of the cluster.
    """
    vpc_cni.install(admin, {})
    vpc_id, version = description["resourcesVpcConfig"]["vpcId"], description["version"]
    for name in SELF_MANAGED:
        default = CATALOG[name].versions_for(version)[0]
        wanted = Installation(name, default, description["name"], vpc_id, region, {})
        addon_manifests.apply(admin, wanted.objects())


def _installation(cluster: Cluster, region: str, description: Description) -> Installation:
    return Installation(
        addon=description["addonName"],
        version=description["addonVersion"],
        cluster=cluster.name,
        vpc_id=cluster.description["resourcesVpcConfig"]["vpcId"],
        region=region,
        values=yaml.safe_load(description["configurationValues"] or "") or {},
    )


def _run(cluster: Cluster, done: Done, action: Callable[[Admin], None]) -> None:
    plane = cluster.control_plane
    if plane is None:
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
