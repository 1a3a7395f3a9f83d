"""Managed node groups: what requests may ask for; the instances are started and ended in `node_work`.

Source: EKS API reference, CreateNodegroup, NodegroupScalingConfig, UpdateNodegroupConfig; EKS user guide,
"Customize managed nodes with launch templates".
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from lab.aws.ec2.limits import limits_of
from lab.aws.eks import access, cluster_checks, launch_templates, network, node_work, updates
from lab.aws.eks.errors import (
    InvalidParameterError,
    InvalidRequestError,
    ResourceInUseError,
    ResourceNotFoundError,
)
from lab.aws.eks.fleet import Fleet
from lab.aws.eks.node_work import Change
from lab.aws.eks.state import Description, EksRequest, now

if TYPE_CHECKING:
    from lab.aws.eks.state import Cluster

DEFAULT_AMI_TYPE = "AL2023_x86_64_STANDARD"
DEFAULT_INSTANCE_TYPES = ("t3.medium",)
DEFAULT_SCALING = {"minSize": 1, "maxSize": 2, "desiredSize": 2}
MAXIMUM_NODE_COUNT = 450
NAME_LENGTH = 63


def create(request: EksRequest) -> Description:
    """Check everything against the cluster, IAM and EC2, then keep the record and start the instances."""
    cluster, name = request.cluster, request.get("nodegroupName", "")
    if name in cluster.nodegroups:
        raise ResourceInUseError(f"NodeGroup already exists with name {name} and cluster name {cluster.name}")
    cluster.require_active()
    if not cluster_checks.NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        raise InvalidParameterError(
            f"The node group name '{name}' is not valid: 1 to 63 letters, digits, - and _."
        )
    cluster_checks.check_role(request, request.get("nodeRole", ""), "ec2.amazonaws.com")
    _check_subnets(request)
    template, data = launch_templates.find(request)
    description = _description(request, template, data)
    cluster.nodegroups[name] = description
    cluster.templates[name] = dict(data)
    access.add_node_role(request, cluster, description["nodeRole"])
    node_work.create(Fleet(request.backend, cluster, description))
    return {"nodegroup": description}


def describe(request: EksRequest) -> Description:
    """Answer one node group."""
    return {"nodegroup": _nodegroup(request)}


def list_names(request: EksRequest) -> Description:
    """Answer the names, sorted."""
    return request.page("nodegroups", sorted(request.cluster.nodegroups))


def delete(request: EksRequest) -> Description:
    """Drain and terminate the instances in the background; then the node group is gone."""
    cluster, nodegroup = request.cluster, _nodegroup(request)
    updates.refuse_if_updating(nodegroup, f"node group {nodegroup['nodegroupName']}")
    if nodegroup["status"] != "DELETING":
        nodegroup["status"] = "DELETING"
        node_work.delete(Fleet(request.backend, cluster, nodegroup))
    return {"nodegroup": nodegroup}


def update_config(request: EksRequest) -> Description:
    """Change labels, taints, sizes or the update's pace."""
    nodegroup = _changeable(request)
    changes: Description = {}
    parameters: Description = {}
    if scaling := request.get("scalingConfig"):
        changes["scalingConfig"] = _scaling(nodegroup["scalingConfig"] | scaling)
        parameters |= {key[0].upper() + key[1:]: value for key, value in scaling.items()}
    if labels := request.get("labels"):
        merged = nodegroup["labels"] | labels.get("addOrUpdateLabels", {})
        changes["labels"] = {key: merged[key] for key in merged if key not in labels.get("removeLabels", [])}
        parameters |= {
            "LabelsToAdd": labels.get("addOrUpdateLabels"),
            "LabelsToRemove": labels.get("removeLabels"),
        }
    if taints := request.get("taints"):
        changes["taints"] = _merged_taints(nodegroup["taints"], taints)
        parameters |= {
            "TaintsToAdd": taints.get("addOrUpdateTaints"),
            "TaintsToRemove": taints.get("removeTaints"),
        }
    if pace := request.get("updateConfig"):
        changes["updateConfig"] = _update_config(pace)
        parameters |= {key[0].upper() + key[1:]: value for key, value in pace.items()}
    if (repair := request.get("nodeRepairConfig")) is not None:
        changes["nodeRepairConfig"] = repair
        parameters["NodeRepairConfig"] = repair
    if not changes:
        raise InvalidParameterError("At least one field must be updated.")
    return _begin(request, "ConfigUpdate", parameters, Change(changes))


def update_version(request: EksRequest) -> Description:
    """Change the Kubernetes version or the launch template's version."""
    nodegroup, cluster = _changeable(request), request.cluster
    changes: Description = {}
    parameters: Description = {}
    data: Description | None = None
    if request.get("launchTemplate"):
        if nodegroup["launchTemplate"] is None:
            raise InvalidRequestError("The node group was made without a launch template.")
        found, data = launch_templates.find(request)
        template = found or {}
        if template["id"] != nodegroup["launchTemplate"]["id"]:
            raise InvalidRequestError(
                "The launch template of a node group cannot be replaced by another one."
            )
        changes["launchTemplate"] = template
        parameters |= {"LaunchTemplateName": template["name"], "LaunchTemplateVersion": template["version"]}
    if request.get("version") or not changes:
        changes["version"] = _version(request, cluster)
        changes["releaseVersion"] = request.get("releaseVersion") or f"{changes['version']}.0-20260101"
        parameters |= {"Version": changes["version"], "ReleaseVersion": changes["releaseVersion"]}
    change = Change(changes, data, forced=bool(request.get("force", False)))
    return _begin(request, "VersionUpdate", parameters, change)


def _description(request: EksRequest, template: Description | None, data: Description) -> Description:
    cluster, name = request.cluster, request.get("nodegroupName")
    identifier = str(uuid.uuid4())
    return {
        "nodegroupName": name,
        "nodegroupArn": request.arn("nodegroup", f"{cluster.name}/{name}/{identifier}"),
        "clusterName": cluster.name,
        "version": _version(request, cluster),
        "releaseVersion": request.get("releaseVersion") or f"{_version(request, cluster)}.0-20260101",
        "createdAt": now(),
        "modifiedAt": now(),
        "status": "CREATING",
        "capacityType": request.get("capacityType", "ON_DEMAND"),
        "scalingConfig": _scaling(DEFAULT_SCALING | request.get("scalingConfig", {})),
        "instanceTypes": _instance_types(request, data),
        "subnets": list(request.get("subnets")),
        "amiType": "CUSTOM" if data.get("ImageId") else request.get("amiType", DEFAULT_AMI_TYPE),
        "nodeRole": request.get("nodeRole"),
        "labels": dict(request.get("labels", {})),
        "taints": list(request.get("taints", [])),
        "resources": {"autoScalingGroups": [{"name": f"eks-{name}-{identifier}"}]},
        "diskSize": None if template else request.get("diskSize", 20),
        "health": {"issues": []},
        "updateConfig": _update_config(request.get("updateConfig", {"maxUnavailable": 1})),
        "nodeRepairConfig": request.get("nodeRepairConfig"),
        "remoteAccess": request.get("remoteAccess"),
        "launchTemplate": template,
        "tags": dict(request.get("tags", {})),
    }


def _nodegroup(request: EksRequest) -> Description:
    name = request.get("nodegroupName", "")
    if name not in request.cluster.nodegroups:
        raise ResourceNotFoundError(f"No node group found for name: {name}.")
    return request.cluster.nodegroups[name]


def _changeable(request: EksRequest) -> Description:
    nodegroup = _nodegroup(request)
    updates.refuse_if_updating(nodegroup, f"node group {nodegroup['nodegroupName']}")
    if nodegroup["status"] not in {"ACTIVE", "DEGRADED"}:
        raise InvalidRequestError(
            f"Nodegroup cannot be updated as it is currently in status {nodegroup['status']}."
        )
    return nodegroup


def _begin(request: EksRequest, kind: str, parameters: Description, change: Change) -> Description:
    nodegroup = _nodegroup(request)
    fleet = Fleet(request.backend, request.cluster, nodegroup)
    change = Change(change.values | {"modifiedAt": now()}, change.template, change.forced)
    act = node_work.configure if kind == "ConfigUpdate" else node_work.replace
    shown = {key: value for key, value in parameters.items() if value is not None}
    started = updates.begin_work(
        request, kind, shown, lambda finish: act(fleet, change, finish), nodegroup=nodegroup["nodegroupName"]
    )
    return {"update": started}


def _check_subnets(request: EksRequest) -> None:
    backend = request.backend
    place = network.find_place(backend.account_id, backend.region_name, request.get("subnets", []))
    vpc_id = request.cluster.description["resourcesVpcConfig"]["vpcId"]
    if place.vpc_id != vpc_id:
        raise InvalidParameterError(
            f"Subnets are not in the cluster's VPC: {place.vpc_id}, expected {vpc_id}."
        )


def _instance_types(request: EksRequest, data: Description) -> list[str] | None:
    """Return the request's types; those that do not exist are refused at once.

    Source: terraform-aws-modules/terraform-aws-eks issue 1279.
    """
    if data.get("InstanceType"):
        return None
    types: list[str] = list(request.get("instanceTypes", DEFAULT_INSTANCE_TYPES))
    if unknown := [each for each in types if limits_of(each) is None]:
        raise InvalidParameterError(
            f"The following supplied instance types do not exist: [{', '.join(unknown)}]"
        )
    return types


def _version(request: EksRequest, cluster: Cluster) -> str:
    present = str(cluster.description["version"])
    version = cluster_checks.check_version(request.get("version", present))
    if cluster_checks.VERSIONS.index(version) > cluster_checks.VERSIONS.index(present):
        raise InvalidParameterError(f"Node group version {version} is newer than the cluster's {present}.")
    return version


def _scaling(scaling: Description) -> Description:
    low, high, desired = scaling["minSize"], scaling["maxSize"], scaling["desiredSize"]
    if low > desired:
        raise InvalidParameterError(f"Minimum capacity {low} can't be greater than desired size {desired}")
    if desired > high:
        raise InvalidParameterError(f"desired capacity {desired} can't be greater than max size {high}")
    if low < 0 or not 1 <= high <= MAXIMUM_NODE_COUNT:
        raise InvalidParameterError(
            f"maxSize {high} must be 1 to {MAXIMUM_NODE_COUNT}, minSize {low} at least 0."
        )
    return scaling


def _update_config(wanted: Description) -> Description:
    if ("maxUnavailable" in wanted) == ("maxUnavailablePercentage" in wanted):
        raise InvalidParameterError("updateConfig takes either maxUnavailable or maxUnavailablePercentage.")
    return wanted


def _merged_taints(present: list[Description], wanted: Description) -> list[Description]:
    changed = [*wanted.get("addOrUpdateTaints", []), *wanted.get("removeTaints", [])]
    keys = {(taint.get("key"), taint.get("effect")) for taint in changed}
    kept = [taint for taint in present if (taint.get("key"), taint.get("effect")) not in keys]
    return [*kept, *wanted.get("addOrUpdateTaints", [])]
