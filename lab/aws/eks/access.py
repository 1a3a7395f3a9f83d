"""Access entries and access policies: who may enter a cluster.

Source: EKS API reference (CreateAccessEntry, AssociateAccessPolicy) and EKS user guide, "Grant IAM users
access to Kubernetes with EKS access entries", "Review access policy permissions".
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lab.aws.eks.errors import (
    InvalidParameterError,
    InvalidRequestError,
    ResourceInUseError,
    ResourceNotFoundError,
)
from lab.aws.eks.identity import principal_exists
from lab.aws.eks.state import AccessEntry, Description, EksRequest, now

if TYPE_CHECKING:
    from lab.aws.eks.state import Cluster

POLICY_NAMES = (
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
)
RESERVED_PREFIXES = ("system:", "eks:", "aws:", "amazon:", "iam:")
STANDARD = "STANDARD"
NODE_GROUPS = {"EC2_LINUX": ["system:nodes"], "EC2_WINDOWS": ["system:nodes", "eks:kube-proxy-windows"]}
TYPES = (STANDARD, *NODE_GROUPS, "EC2", "FARGATE_LINUX", "HYBRID_LINUX")
NODE_USER = "system:node:{{EC2PrivateDNSName}}"


def bootstrap(request: EksRequest, cluster: Cluster) -> None:
    """Give the creator an entry with the administrator's policy, if asked for and if entries are in use."""
    if not cluster.creator_is_admin or cluster.authentication_mode == "CONFIG_MAP" or not cluster.creator_arn:
        return
    entry = _add(request, cluster, cluster.creator_arn, {})
    policy_arn = policy_arns(request)[POLICY_NAMES.index("AmazonEKSClusterAdminPolicy")]
    entry.policies[policy_arn] = _association(policy_arn, {"type": "cluster", "namespaces": []})


def add_node_role(request: EksRequest, cluster: Cluster, role_arn: str) -> None:
    """Let nodes of a managed node group in, as EKS does by itself."""
    if cluster.authentication_mode != "CONFIG_MAP" and role_arn not in cluster.access_entries:
        _add(request, cluster, role_arn, {"type": "EC2_LINUX"})


def policy_arns(request: EksRequest) -> list[str]:
    """Return the ARNs of the access policies that the lab knows."""
    return [f"arn:{request.backend.partition}:eks::aws:cluster-access-policy/{name}" for name in POLICY_NAMES]


def create(request: EksRequest) -> Description:
    """Make an access entry for an existing IAM user or role."""
    cluster = _cluster(request)
    arn = request.get("principalArn", "")
    if arn in cluster.access_entries:
        raise ResourceInUseError("The specified access entry resource is already in use on this cluster.")
    if not principal_exists(request.backend.account_id, arn, request.backend.partition):
        raise InvalidParameterError("The specified principalArn is invalid: invalid principal.")
    return {"accessEntry": _add(request, cluster, arn, request.parameters).description}


def describe(request: EksRequest) -> Description:
    """Answer one entry."""
    return {"accessEntry": _entry(request).description}


def list_arns(request: EksRequest) -> Description:
    """Answer the principals, sorted; only those with a policy if one is named."""
    entries, policy_arn = _cluster(request).access_entries, request.get("associatedPolicyArn")
    chosen = [arn for arn, entry in entries.items() if policy_arn is None or policy_arn in entry.policies]
    return request.page("accessEntries", sorted(chosen))


def update(request: EksRequest) -> Description:
    """Replace the groups or the user name of an entry."""
    entry = _entry(request)
    if entry.description["type"] != STANDARD:
        raise InvalidParameterError("Only access entries of type STANDARD can be updated.")
    if (groups := request.get("kubernetesGroups")) is not None:
        entry.description["kubernetesGroups"] = _check_groups(groups)
    if (username := request.get("username")) is not None:
        entry.description["username"] = _check_username(username)
    entry.description["modifiedAt"] = now()
    return {"accessEntry": entry.description}


def delete(request: EksRequest) -> Description:
    """Remove an entry; its tokens stop working."""
    arn = _entry(request).description["principalArn"]
    del request.cluster.access_entries[arn]
    return {}


def list_policies(request: EksRequest) -> Description:
    """Answer the access policies that exist."""
    policies = [{"name": arn.rpartition("/")[2], "arn": arn} for arn in policy_arns(request)]
    return request.page("accessPolicies", policies)


def associate(request: EksRequest) -> Description:
    """Attach an access policy to an entry; doing it again replaces the scope."""
    entry, arn = _entry(request), request.get("policyArn", "")
    if arn not in policy_arns(request):
        raise InvalidParameterError(
            f"The specified policyArn {arn} could not be found. Use list-access-policies to see the policies."
        )
    if entry.description["type"] != STANDARD:
        raise InvalidRequestError("Access policies can be associated with entries of type STANDARD only.")
    entry.policies[arn] = _association(arn, _scope(request), entry.policies.get(arn))
    return _association_answer(request, {"associatedAccessPolicy": entry.policies[arn]})


def disassociate(request: EksRequest) -> Description:
    """Detach an access policy."""
    entry, arn = _entry(request), request.get("policyArn", "")
    if entry.policies.pop(arn, None) is None:
        raise ResourceNotFoundError("The specified policyArn is not associated with the access entry.")
    return {}


def list_associated(request: EksRequest) -> Description:
    """Answer the policies of one entry."""
    policies = [policy for _, policy in sorted(_entry(request).policies.items())]
    return _association_answer(request, request.page("associatedAccessPolicies", policies))


def _cluster(request: EksRequest) -> Cluster:
    cluster = request.cluster
    if cluster.authentication_mode == "CONFIG_MAP":
        raise InvalidRequestError(
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
            "to perform this operation."
        )
    return cluster


def _entry(request: EksRequest) -> AccessEntry:
    if entry := _cluster(request).access_entries.get(request.get("principalArn", "")):
        return entry
    raise ResourceNotFoundError("The specified principalArn could not be found.")


def _add(request: EksRequest, cluster: Cluster, arn: str, wanted: Description) -> AccessEntry:
    kind = wanted.get("type") or STANDARD
    if kind not in TYPES:
        raise InvalidParameterError(f"Unknown access entry type {kind}; known: {', '.join(TYPES)}")
    if kind != STANDARD and (wanted.get("kubernetesGroups") or wanted.get("username")):
        raise InvalidParameterError(f"An entry of type {kind} takes neither groups nor a user name.")
    account, resource = arn.split(":")[4], arn.split(":")[5]
    default_user = arn
    if resource.startswith("role/"):
        session = f"assumed-role/{resource.rpartition('/')[2]}/{{{{SessionName}}}}"
        default_user = f"arn:{request.backend.partition}:sts::{account}:{session}"
    if kind != STANDARD:
        default_user = NODE_USER
    kind_of_principal, name = resource.split("/")[0], resource.rpartition("/")[2]
    path = f"{cluster.name}/{kind_of_principal}/{account}/{name}/{secrets.token_hex(16)}"
    entry = AccessEntry(
        {
            "clusterName": cluster.name,
            "principalArn": arn,
            "kubernetesGroups": _check_groups(wanted.get("kubernetesGroups") or [])
            or NODE_GROUPS.get(kind, []),
            "accessEntryArn": request.arn("access-entry", path),
            "createdAt": now(),
            "modifiedAt": now(),
            "tags": dict(wanted.get("tags") or {}),
            "username": _check_username(wanted["username"]) if wanted.get("username") else default_user,
            "type": kind,
        }
    )
    cluster.access_entries[arn] = entry
    return entry


def _check_groups(groups: list[str]) -> list[str]:
    for group in groups:
        if group.startswith(RESERVED_PREFIXES):
            raise InvalidParameterError(
                f"The kubernetes group name {group} is invalid, its prefix is reserved."
            )
    return list(groups)


def _check_username(username: str) -> str:
    if username.startswith(RESERVED_PREFIXES):
        raise InvalidParameterError(f"The username {username} is invalid, its prefix is reserved.")
    return username


def _scope(request: EksRequest) -> Description:
    scope = request.get("accessScope", {})
    kind, namespaces = scope.get("type"), list(scope.get("namespaces") or [])
    if kind not in {"cluster", "namespace"}:
        raise InvalidParameterError(f"Unknown access scope type {kind}; known: cluster, namespace")
    if (kind == "namespace") != bool(namespaces):
        raise InvalidParameterError("Scope namespace needs namespaces, scope cluster takes none.")
    return {"type": kind, "namespaces": namespaces}


def _association(arn: str, scope: Description, previous: Description | None = None) -> Description:
    associated = previous["associatedAt"] if previous else now()
    return {"policyArn": arn, "accessScope": scope, "associatedAt": associated, "modifiedAt": now()}


def _association_answer(request: EksRequest, content: Description) -> Description:
    return {"clusterName": request.cluster.name, "principalArn": request.get("principalArn"), **content}
