"""Pod identity associations: which role a service account's pods get.

Source: EKS API reference, CreatePodIdentityAssociation; EKS user guide, "Assign an IAM role to a Kubernetes
service account" (the role has to trust `pods.eks.amazonaws.com`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.moto_api._internal import mock_random

from lab.aws.eks import cluster_checks
from lab.aws.eks.errors import ResourceInUseError, ResourceNotFoundError
from lab.aws.eks.state import Cluster, Description, EksRequest, now

if TYPE_CHECKING:
    from collections.abc import Iterable

TRUSTED_SERVICE = "pods.eks.amazonaws.com"
SUMMARY_KEYS = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")


def create(request: EksRequest) -> Description:
    """Associate a role with a service account, at most one role each."""
    cluster = request.cluster
    cluster.require_active()
    description = _add(
        request,
        cluster,
        {
            "namespace": request.get("namespace"),
            "serviceAccount": request.get("serviceAccount"),
            "roleArn": request.get("roleArn", ""),
            "tags": dict(request.get("tags", {})),
        },
    )
    return {"association": description}


def describe(request: EksRequest) -> Description:
    """Answer one association."""
    return {"association": _find(request)}


def list_summaries(request: EksRequest) -> Description:
    """Answer the associations, of one namespace or service account if named."""
    chosen = [
        {key: each.get(key) for key in SUMMARY_KEYS}
        for each in request.cluster.pod_identities.values()
        if all(request.get(key) in {None, each[key]} for key in ("namespace", "serviceAccount"))
    ]
    return request.page("associations", chosen)


def update(request: EksRequest) -> Description:
    """Replace the role."""
    description = _find(request)
    if arn := request.get("roleArn"):
        description["roleArn"] = cluster_checks.check_role(request, arn, TRUSTED_SERVICE)
        description["modifiedAt"] = now()
    return {"association": description}


def delete(request: EksRequest) -> Description:
    """Remove an association."""
    description = _find(request)
    del request.cluster.pod_identities[description["associationId"]]
    return {"association": description}


def create_for_addon(request: EksRequest, cluster: Cluster, addon: Description, namespace: str) -> list[str]:
    """Make the associations that CreateAddon asks for; return their ARNs."""
    wanted: Iterable[Description] = request.get("podIdentityAssociations", [])
    return [
        _add(
            request, cluster, dict(each) | {"namespace": namespace, "ownerArn": addon["addonArn"], "tags": {}}
        )["associationArn"]
        for each in wanted
    ]


def delete_for_addon(cluster: Cluster, addon: Description) -> None:
    """Remove the associations that an add-on owns."""
    owned = [key for key, each in cluster.pod_identities.items() if each.get("ownerArn") == addon["addonArn"]]
    for key in owned:
        del cluster.pod_identities[key]


def _add(request: EksRequest, cluster: Cluster, wanted: Description) -> Description:
    pair = (wanted["namespace"], wanted["serviceAccount"])
    if any((each["namespace"], each["serviceAccount"]) == pair for each in cluster.pod_identities.values()):
        raise ResourceInUseError(f"Association already exists: {pair[0]}/{pair[1]}")
    cluster_checks.check_role(request, wanted["roleArn"], TRUSTED_SERVICE)
    identifier = f"a-{mock_random.get_random_string(18, lower_case=True)}"
    description = wanted | {
        "clusterName": cluster.name,
        "associationArn": request.arn("podidentityassociation", f"{cluster.name}/{identifier}"),
        "associationId": identifier,
        "createdAt": now(),
        "modifiedAt": now(),
    }
    cluster.pod_identities[identifier] = description
    return description


def _find(request: EksRequest) -> Description:
    identifier = request.get("associationId", "")
    if identifier in request.cluster.pod_identities:
        return request.cluster.pod_identities[identifier]
    raise ResourceNotFoundError(f"The association ID {identifier} could not be found.")
