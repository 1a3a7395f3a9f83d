"""Managed add-ons: known names and versions only, configuration values checked against the schema.

Source: EKS API reference, CreateAddon, UpdateAddon (resolveConflicts), DescribeAddonConfiguration; EKS user
guide, "CoreDNS" (a cluster without nodes has it DEGRADED); issue 2268 of aws/amazon-vpc-cni-k8s (OVERWRITE
drops values).
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import yaml

from lab.aws.eks import addon_objects, cluster_checks, pod_identity, updates
from lab.aws.eks.addon_catalog import CATALOG, Addon, violations
from lab.aws.eks.errors import (
    InvalidParameterError,
    InvalidRequestError,
    ResourceInUseError,
    ResourceNotFoundError,
)
from lab.aws.eks.state import Cluster, Description, EksRequest, Rollout, now
from lab.aws.transitions import after

if TYPE_CHECKING:
    from lab.aws.eks.backend import LabEKSBackend

SETTLE_SECONDS = 0.5
CONFLICT_RULES = ("NONE", "OVERWRITE", "PRESERVE")


def create(request: EksRequest) -> Description:
    """Install an add-on; it settles a moment later."""
    cluster, name = request.cluster, request.get("addonName", "")
    cluster.require_active()
    addon = _known(name)
    if name in cluster.addons:
        raise ResourceInUseError("Addon already exists.")
    identifier = str(uuid.uuid4())
    description: Description = {
        "addonName": name,
        "clusterName": cluster.name,
        "status": "CREATING",
        "addonVersion": _version(request, addon),
        "health": {"issues": []},
        "addonArn": request.arn("addon", f"{cluster.name}/{name}/{identifier}"),
        "createdAt": now(),
        "modifiedAt": now(),
        "serviceAccountRoleArn": _role(request),
        "tags": dict(request.get("tags", {})),
        "configurationValues": _configuration(request, addon),
    }
    _check_conflict_rule(request)
    cluster.addons[name] = description
    description["podIdentityAssociations"] = pod_identity.create_for_addon(
        request, cluster, description, addon.namespace
    )
    after(SETTLE_SECONDS, lambda: _roll_out(request.backend, cluster, description))
    return {"addon": description}


def describe(request: EksRequest) -> Description:
    """Answer one add-on."""
    return {"addon": _installed(request)}


def list_names(request: EksRequest) -> Description:
    """Answer the names, sorted."""
    return request.page("addons", sorted(request.cluster.addons))


def update(request: EksRequest) -> Description:
    """Change version, role or configuration values.

    With OVERWRITE a call without configuration values drops the present ones; else they stay.
    """
    cluster, description = request.cluster, _installed(request)
    cluster.require_active()
    updates.refuse_if_updating(description, f"add-on {description['addonName']}")
    if description["status"] in {"CREATING", "DELETING"}:
        raise ResourceInUseError(f"Addon {description['addonName']} is in status {description['status']}.")
    addon = _known(description["addonName"])
    changes: Description = {}
    if request.get("addonVersion"):
        changes["addonVersion"] = _version(request, addon)
    if request.get("configurationValues") is not None or request.get("resolveConflicts") == "OVERWRITE":
        changes["configurationValues"] = _configuration(request, addon)
    if request.get("serviceAccountRoleArn"):
        changes["serviceAccountRoleArn"] = _role(request)
    _check_conflict_rule(request)
    if rule := request.get("resolveConflicts"):
        changes["resolveConflicts"] = rule
    parameters = {key[0].upper() + key[1:]: value for key, value in changes.items() if value is not None}
    changes.pop("resolveConflicts", None)

    keep_data = request.get("resolveConflicts", "NONE") != "OVERWRITE"

    def work(finish: updates.Finish) -> None:
        description.update(changes | {"modifiedAt": now()})
        _roll_out(request.backend, cluster, description, finish, keep_data=keep_data)

    # Until the new objects are applied, the old ones say nothing about this update.
    cluster.rollouts.pop(description["addonName"], None)
    started = updates.begin_work(request, "AddonUpdate", parameters, work, addon=description["addonName"])
    return {"update": started}


def delete(request: EksRequest) -> Description:
    """Remove an add-on a moment later, with its pod identity associations.

    What it keeps in the cluster's API goes with it unless `preserve` is set.

    Source: EKS API reference, DeleteAddon (preserve).
    """
    cluster, description = request.cluster, _installed(request)
    updates.refuse_if_updating(description, f"add-on {description['addonName']}")
    description["status"] = "DELETING"

    def finish(problem: str | None) -> None:
        if problem is not None:
            _fail(description, "DELETE_FAILED", problem)
        elif cluster.addons.get(description["addonName"]) is description:
            del cluster.addons[description["addonName"]]
            pod_identity.delete_for_addon(cluster, description)

    def remove() -> None:
        if request.get("preserve"):
            finish(None)
        else:
            addon_objects.remove(cluster, request.backend.region_name, description, finish)

    after(SETTLE_SECONDS, remove)
    return {"addon": description}


def describe_versions(request: EksRequest) -> Description:
    """Answer the known add-ons with their versions."""
    name, version = request.get("addonName"), request.get("kubernetesVersion")
    if name is not None:
        _known(name)
    cluster_versions = [version] if version else list(cluster_checks.VERSIONS)
    found = [
        {
            "addonName": each,
            "type": addon.kind,
            "addonVersions": _version_entries(addon, cluster_versions),
            "publisher": "eks",
            "owner": "aws",
            "defaultNamespace": addon.namespace,
        }
        for each, addon in sorted(CATALOG.items())
        if name in {None, each}
    ]
    return request.page("addons", found)


def describe_configuration(request: EksRequest) -> Description:
    """Answer the schema of one add-on's configuration values."""
    name, version = request.get("addonName", ""), request.get("addonVersion", "")
    if name not in CATALOG or version not in _all_versions(CATALOG[name]):
        raise ResourceNotFoundError(f"No configuration for add-on {name} in version {version}.")
    schema = {"$schema": "http://json-schema.org/draft-07/schema#"} | CATALOG[name].schema
    return {"addonName": name, "addonVersion": version, "configurationSchema": json.dumps(schema)}


def _roll_out(
    backend: LabEKSBackend,
    cluster: Cluster,
    description: Description,
    finish: updates.Finish | None = None,
    *,
    keep_data: bool = False,
) -> None:
    """Put what the add-on brings into the cluster's API; its pods there decide on its status from then on."""
    name = description["addonName"]

    def ended(problem: str | None) -> None:
        if finish is not None:
            finish(None if problem is None else _error("InsufficientNumberOfReplicas", problem))

    def settle(problem: str | None) -> None:
        present = backend.clusters.get(cluster.name) is cluster and cluster.addons.get(name) is description
        if not present or description["status"] not in {"CREATING", "UPDATING"}:
            ended("The add-on was deleted or changed meanwhile.")
            return
        if problem is None:
            cluster.rollouts[name] = Rollout(ended if finish else None)
            return
        _fail(description, "UPDATE_FAILED" if finish else "CREATE_FAILED", problem)
        if finish is not None:
            finish(_error("Unknown", problem))

    addon_objects.install(cluster, backend.region_name, description, settle, keep_data=keep_data)


def _error(code: str, problem: str) -> Description:
    return {"errorCode": code, "errorMessage": problem, "resourceIds": []}


def _fail(description: Description, status: str, problem: str) -> None:
    issue = {"code": "InternalFailure", "message": problem, "resourceIds": []}
    description["status"] = status
    description["health"] = {"issues": [issue]}


def _known(name: str) -> Addon:
    if name in CATALOG:
        return CATALOG[name]
    raise InvalidParameterError(
        f"Addon {name} specified is not supported; known: {', '.join(sorted(CATALOG))}"
    )


def _installed(request: EksRequest) -> Description:
    cluster, name = request.cluster, request.get("addonName", "")
    if name in cluster.addons:
        return cluster.addons[name]
    raise ResourceNotFoundError(f"No addon: {name} found in cluster: {cluster.name}")


def _version(request: EksRequest, addon: Addon) -> str:
    supported = addon.versions_for(request.cluster.description["version"])
    version = str(request.get("addonVersion", supported[0]))
    if version not in supported:
        raise InvalidParameterError(
            f"Addon version specified is not supported; supported: {', '.join(supported)}"
        )
    return version


def _role(request: EksRequest) -> str | None:
    arn = request.get("serviceAccountRoleArn")
    if arn is None:
        return None
    return cluster_checks.check_role(request, arn, "")


def _configuration(request: EksRequest, addon: Addon) -> str | None:
    text = request.get("configurationValues")
    if not text:
        return None
    try:
        values: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidParameterError(
            "ConfigurationValue provided in request is neither JSON nor YAML."
        ) from error
    if problems := violations(values, addon.schema):
        raise InvalidParameterError(
            "ConfigurationValue provided in request is not supported: "
            f"Json schema validation failed with error: [{', '.join(problems)}]"
        )
    return str(text)


def _check_conflict_rule(request: EksRequest) -> None:
    rule = request.get("resolveConflicts", "NONE")
    if rule not in CONFLICT_RULES:
        raise InvalidParameterError(f"Unknown resolveConflicts {rule}; known: {', '.join(CONFLICT_RULES)}")
    if request.get("namespaceConfig"):
        raise InvalidRequestError("The lab does not serve namespaceConfig.")


def _all_versions(addon: Addon) -> set[str]:
    return {version for each in cluster_checks.VERSIONS for version in addon.versions_for(each)}


def _version_entries(addon: Addon, cluster_versions: list[str]) -> list[Description]:
    compatible: dict[str, list[Description]] = {}
    for cluster_version in reversed(cluster_versions):
        for index, version in enumerate(addon.versions_for(cluster_version)):
            entry = {
                "clusterVersion": cluster_version,
                "platformVersions": ["*"],
                "defaultVersion": not index,
            }
            compatible.setdefault(version, []).append(entry)
    return [
        {
            "addonVersion": version,
            "architecture": ["amd64", "arm64"],
            "computeTypes": ["ec2", "auto", "hybrid"],
            "compatibilities": entries,
            "requiresConfiguration": False,
            "requiresIamPermissions": False,
        }
        for version, entries in compatible.items()
    ]
