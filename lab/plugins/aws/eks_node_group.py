"""EKS managed node groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_set
from lab.plugins.aws.eks_calls import GONE, tag_by_arn, wait_status, wait_update
from lab.plugins.aws.record import REGION, TAGS, Autoname, Change, Property, Resource, Timeouts, Values
from lab.plugins.wire import UNKNOWN

_LONGEST_NAME: Final = 63
_TEMPLATE: Final = {
    "id": Property(replaces=True, computed=True),
    "name": Property(replaces=True, computed=True),
    "version": Property(),
}
_TAINT: Final = {
    "effect": Property(enum="eks:CreateNodegroup.taints.effect"),
    "key": Property(),
    "value": Property(),
}
_SCALING: Final = {"desiredSize": Property(), "maxSize": Property(), "minSize": Property()}
_UPDATE: Final = {"maxUnavailable": Property(), "maxUnavailablePercentage": Property()}


def _find(call: Call, resource_id: str) -> dict[str, Any] | None:
    cluster, _, name = resource_id.partition(":")
    answer = call.found(
        GONE, lambda: call.aws("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=name)
    )
    return None if answer is None else dict(answer["nodegroup"])


def _create(call: Call, inputs: Values) -> str:
    cluster, name = inputs["clusterName"], inputs["nodeGroupName"]
    call.aws(
        "eks",
        "create_nodegroup",
        clusterName=cluster,
        nodegroupName=name,
        nodeRole=inputs["nodeRoleArn"],
        subnets=inputs["subnetIds"],
        scalingConfig=inputs["scalingConfig"],
        amiType=inputs.get("amiType"),
        capacityType=inputs.get("capacityType"),
        diskSize=inputs.get("diskSize"),
        instanceTypes=inputs.get("instanceTypes"),
        labels=inputs.get("labels"),
        launchTemplate=_template(inputs.get("launchTemplate")),
        releaseVersion=inputs.get("releaseVersion"),
        taints=inputs.get("taints"),
        updateConfig=inputs.get("updateConfig"),
        version=inputs.get("version"),
        tags=inputs["tagsAll"],
    )
    return f"{cluster}:{name}"


def _template(chosen: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Name the template by its id if there is one: EKS refuses id and name together."""
    if not chosen:
        return None
    key = "id" if chosen.get("id") else "name"
    return {key: chosen[key], "version": chosen["version"]}


def _wait_active(call: Call, resource_id: str, _: Values) -> None:
    wait_status(
        call,
        f"EKS Node Group ({resource_id}) create",
        lambda: _find(call, resource_id),
        "ACTIVE",
        {"CREATE_FAILED", "DEGRADED"},
    )


def _read(call: Call, resource_id: str, _: Values) -> Values | None:
    group = _find(call, resource_id)
    if group is None:
        return None
    template = group.get("launchTemplate")
    update = group.get("updateConfig") or {}
    return {
        "amiType": group.get("amiType"),
        "arn": group["nodegroupArn"],
        "capacityType": group.get("capacityType"),
        "clusterName": group["clusterName"],
        "diskSize": group.get("diskSize"),
        "instanceTypes": group.get("instanceTypes") or [],
        "labels": group.get("labels") or {},
        "launchTemplate": {name: template.get(name) for name in _TEMPLATE} if template else None,
        "nodeGroupName": group["nodegroupName"],
        "nodeRoleArn": group["nodeRole"],
        "releaseVersion": group.get("releaseVersion"),
        "resources": _resources(group.get("resources") or {}),
        "scalingConfig": {name: group["scalingConfig"].get(name) for name in _SCALING},
        "status": group["status"],
        "subnetIds": group["subnets"],
        "tagsAll": group.get("tags") or {},
        "taints": [dict(item) for item in group.get("taints") or ()],
        "updateConfig": {name: update[name] for name in _UPDATE if name in update} or None,
        "version": group.get("version"),
    }


def _resources(found: Mapping[str, Any]) -> list[Values]:
    groups = [{"name": item["name"]} for item in found.get("autoScalingGroups") or ()]
    return [
        {
            "autoscalingGroups": groups,
            "remoteAccessSecurityGroupId": found.get("remoteAccessSecurityGroup", ""),
        }
    ]


def _update(call: Call, resource_id: str, change: Change) -> None:
    subject = {"clusterName": change.new["clusterName"], "nodegroupName": change.new["nodeGroupName"]}
    waited = {"name": subject["clusterName"], "nodegroupName": subject["nodegroupName"]}
    if change.touches("launchTemplate", "releaseVersion", "version"):
        answer = call.aws("eks", "update_nodegroup_version", **subject, **_version(change))
        wait_update(call, answer, f"EKS Node Group ({resource_id}) version", **waited)
    if change.touches("labels", "scalingConfig", "taints", "updateConfig"):
        answer = call.aws("eks", "update_nodegroup_config", **subject, **_config(change))
        wait_update(call, answer, f"EKS Node Group ({resource_id}) config", **waited)


def _version(change: Change) -> dict[str, Any]:
    new = change.new
    return {
        "force": True if new.get("forceUpdateVersion") else None,
        "launchTemplate": _template(new.get("launchTemplate")) if change.touches("launchTemplate") else None,
        "releaseVersion": new.get("releaseVersion") if change.touches("releaseVersion") else None,
        "version": new.get("version") if change.touches("version") else None,
    }


def _config(change: Change) -> dict[str, Any]:
    old, new = change.old, change.new
    labels = {
        "addOrUpdateLabels": new.get("labels") or {},
        "removeLabels": sorted(set(old.get("labels") or {}) - set(new.get("labels") or {})),
    }
    kept = {(item["key"], item["effect"]) for item in new.get("taints") or ()}
    taints = {
        "addOrUpdateTaints": new.get("taints") or [],
        "removeTaints": [
            item for item in old.get("taints") or () if (item["key"], item["effect"]) not in kept
        ],
    }
    return {
        "labels": labels if change.touches("labels") else None,
        "scalingConfig": new["scalingConfig"] if change.touches("scalingConfig") else None,
        "taints": taints if change.touches("taints") else None,
        "updateConfig": new.get("updateConfig") if change.touches("updateConfig") else None,
    }


def _delete(call: Call, resource_id: str, state: Values) -> None:
    call.aws(
        "eks", "delete_nodegroup", clusterName=state["clusterName"], nodegroupName=state["nodeGroupName"]
    )
    wait_status(
        call,
        f"EKS Node Group ({resource_id}) delete",
        lambda: _find(call, resource_id),
        "",
        {"DELETE_FAILED"},
    )


def _name(value: Any) -> str | None:
    if len(value) > _LONGEST_NAME:
        return f"expected at most {_LONGEST_NAME} characters, got {len(value)}"
    return None


def _consistent(inputs: Values) -> Iterator[tuple[str, str]]:
    template = inputs.get("launchTemplate")
    if isinstance(template, dict) and template.get("id") and template.get("name"):
        yield "launchTemplate.name", "conflicts with launchTemplate.id"
    scaling = inputs["scalingConfig"]
    if scaling is UNKNOWN or UNKNOWN in scaling.values():
        return
    if not scaling["minSize"] <= scaling["desiredSize"] <= scaling["maxSize"]:
        found = ", ".join(f"{name} {scaling[name]}" for name in ("minSize", "desiredSize", "maxSize"))
        yield "scalingConfig.desiredSize", f"must lie between minSize and maxSize, got {found}"


RECORDS: Final = (
    Resource(
        type_name="aws:eks/nodeGroup:NodeGroup",
        sdk="pulumi_aws.eks.node_group:NodeGroup",
        title="EKS Node Group",
        source="terraform-provider-aws internal/service/eks/node_group.go; "
        "pulumi-aws provider/resource_overrides.go (nodeGroupName)",
        properties={
            "amiType": Property(replaces=True, computed=True, enum="eks:CreateNodegroup.amiType"),
            "capacityType": Property(replaces=True, computed=True, enum="eks:CreateNodegroup.capacityType"),
            "clusterName": Property(replaces=True),
            "diskSize": Property(replaces=True, computed=True),
            "forceUpdateVersion": Property(write_only=True),
            "instanceTypes": Property(replaces=True, computed=True),
            "labels": Property(),
            "launchTemplate": Property(fields=_TEMPLATE),
            "nodeGroupName": Property(replaces=True, computed=True, check=_name),
            "nodeRoleArn": Property(replaces=True),
            "region": REGION,
            "releaseVersion": Property(computed=True),
            "scalingConfig": Property(fields=_SCALING),
            "subnetIds": Property(replaces=True, same=same_set),
            "tags": TAGS,
            "taints": Property(fields=_TAINT, same=same_set),
            "updateConfig": Property(computed=True, fields=_UPDATE),
            "version": Property(computed=True),
        },
        create=_create,
        created=_wait_active,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=tag_by_arn(),
        autoname=Autoname(property="nodeGroupName"),
        timeouts=Timeouts(create=3600, update=3600, delete=3600),
        gone=GONE,
        validate=_consistent,
    ),
)
