"""The authorization webhook behind each API server: access policies, and the end of removed access entries.

EKS authorizes access policies outside Kubernetes RBAC; so does the lab. The API server keeps an accepted
token for ten seconds (no setting changes it), so a principal whose entry is gone is denied here, on its
next request.
Source: EKS user guide, "Associate access policies with access entries" and "Review access policy
permissions"; k8s.io/kubernetes pkg/kubeapiserver/options/authentication.go (TokenSuccessCacheTTL).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.aws.eks.state import Cluster

PRINCIPAL_KEY = "canonicalArn"
CLUSTER_ADMIN_POLICY = "AmazonEKSClusterAdminPolicy"


def review(cluster: Cluster | None, body: dict[str, Any]) -> dict[str, Any]:
    """Answer a SubjectAccessReview: allowed by a policy, denied without an entry, else left to RBAC.

    Of the access policies only the cluster administrator's is played, for the whole cluster or for
    namespaces; the others are kept and allow nothing.

    Args:
        cluster: The cluster whose API server asks; None if it is gone.
        body: SubjectAccessReview, `authorization.k8s.io/v1`, of a user that a token review has named.

    Returns:
        The SubjectAccessReview with its status.
    """
    spec = body.get("spec", {})
    principal = next(iter(spec.get("extra", {}).get(PRINCIPAL_KEY, [])), "")
    status: dict[str, Any] = {"allowed": False}
    if cluster is None or not may_enter(cluster, principal):
        status |= {"denied": True, "reason": "the principal has no access entry in this cluster"}
    elif _is_administrator(cluster, principal, spec):
        status = {"allowed": True, "reason": f"access policy {CLUSTER_ADMIN_POLICY}"}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "status": status}


def may_enter(cluster: Cluster, principal: str) -> bool:
    """Tell whether a principal has an access entry, or is the creator of a cluster without entries."""
    return principal in cluster.access_entries or _is_hidden_administrator(cluster, principal)


def _is_hidden_administrator(cluster: Cluster, principal: str) -> bool:
    """Tell whether this is the creator in mode CONFIG_MAP: an administrator whom no entry shows."""
    mode = cluster.authentication_mode == "CONFIG_MAP"
    return mode and cluster.creator_is_admin and cluster.creator_arn == principal


def _is_administrator(cluster: Cluster, principal: str, spec: dict[str, Any]) -> bool:
    entry = cluster.access_entries.get(principal)
    if entry is None:
        return _is_hidden_administrator(cluster, principal)
    namespace = spec.get("resourceAttributes", {}).get("namespace", "")
    for arn, policy in entry.policies.items():
        scope = policy["accessScope"]
        covered = scope["type"] == "cluster" or (namespace and namespace in scope["namespaces"])
        if covered and arn.endswith(f"/{CLUSTER_ADMIN_POLICY}"):
            return True
    return False
