"""What the nodes of a node group are made of: the node group's settings over its launch template's.

Source: EKS user guide, "Customize managed nodes with launch templates", "Managed node groups" (tags, labels;
capacity types: on demand the order of the types decides, Spot takes where there is room).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.aws.ec2.limits import limits_of
from lab.aws.eks.max_pods import UserDataError, max_pods

if TYPE_CHECKING:
    from moto.core.types import Base64EncodedString

    from lab.aws.eks.state import Cluster, Description

IMAGE_ID = "ami-0e4b5ee1e9d1a1e35"
"""Stands for EKS's own images; the lab boots none."""
PREFIX = "eks.amazonaws.com"
EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}


class LaunchTemplateError(Exception):
    """The launch template asks for what EC2 does not start."""


@dataclass(frozen=True)
class NodeSpec:
    """What EC2 and the kubelet are told."""

    instance_type: str
    group_ids: list[str]
    tags: dict[str, str]
    interface_tags: dict[str, str]
    user_data: str | None
    image_id: str
    role_arn: str
    labels: dict[str, str]
    taints: list[dict[str, str]]
    max_pods: int
    version: str


def node_spec(cluster: Cluster, nodegroup: Description, data: Description, number: int) -> NodeSpec:
    """Put together what a node of a node group gets.

    On demand the first type is started. Spot instances are of whatever type has room: the lab deals them out.

    Args:
        cluster: Cluster of the node group.
        nodegroup: The node group as it shall be.
        data: Data of its launch template; empty if it has none.
        number: How many nodes the group has already.

    Raises:
        LaunchTemplateError: An instance type that does not exist, or user data that EKS cannot merge.
    """
    types = [data["InstanceType"]] if data.get("InstanceType") else nodegroup["instanceTypes"]
    known = [each for each in types if limits_of(each) is not None]
    if not known:
        raise LaunchTemplateError(f"The specified instance type {types[0]} is not valid")
    chosen = known[number % len(known)] if nodegroup["capacityType"] == "SPOT" else known[0]
    user_data = encoded(data.get("UserData"))
    image_id = data.get("ImageId") or IMAGE_ID
    try:
        pods = max_pods(user_data, chosen, own_image="ImageId" in data)
    except UserDataError as error:
        raise LaunchTemplateError(str(error)) from error
    return NodeSpec(
        instance_type=chosen,
        group_ids=_groups(cluster, data),
        tags=_template_tags(data, "instance") | _own_tags(cluster, nodegroup),
        interface_tags=_template_tags(data, "network-interface"),
        user_data=user_data,
        image_id=image_id,
        role_arn=nodegroup["nodeRole"],
        labels=labels(nodegroup, image_id),
        taints=taints(nodegroup),
        max_pods=pods,
        version="v" + str(nodegroup["releaseVersion"]).partition("-")[0],
    )


def encoded(user_data: Base64EncodedString | None) -> str | None:
    """Return a launch template's user data as base64 text; None if there is none."""
    return None if user_data is None else user_data.as_bytes().decode() or None


def labels(nodegroup: Description, image_id: str) -> dict[str, str]:
    """Return the labels that nodes register with."""
    own = {
        f"{PREFIX}/nodegroup": nodegroup["nodegroupName"],
        f"{PREFIX}/nodegroup-image": image_id,
        f"{PREFIX}/capacityType": nodegroup["capacityType"],
    }
    if template := nodegroup["launchTemplate"]:
        own[f"{PREFIX}/sourceLaunchTemplateId"] = template["id"]
        own[f"{PREFIX}/sourceLaunchTemplateVersion"] = template["version"]
    return dict(nodegroup["labels"]) | own


def taints(nodegroup: Description) -> list[dict[str, str]]:
    """Return the node group's taints in Kubernetes' words."""
    return [
        {"key": each["key"], "value": each.get("value", ""), "effect": EFFECTS[each["effect"]]}
        for each in nodegroup["taints"]
    ]


def _groups(cluster: Cluster, data: Description) -> list[str]:
    """Return the groups of the primary interface: the launch template's alone if it names any."""
    interfaces = data.get("NetworkInterfaces") or [{}]
    chosen = data.get("SecurityGroupIds") or interfaces[0].get("Groups")
    return list(chosen or [cluster.description["resourcesVpcConfig"]["clusterSecurityGroupId"]])


def _template_tags(data: Description, kind: str) -> dict[str, str]:
    found = [each for each in data.get("TagSpecifications", ()) if each.get("ResourceType") == kind]
    return {tag["Key"]: tag.get("Value", "") for each in found for tag in each.get("Tags", ())}


def _own_tags(cluster: Cluster, nodegroup: Description) -> dict[str, str]:
    name = nodegroup["nodegroupName"]
    return {
        "eks:cluster-name": cluster.name,
        "eks:nodegroup-name": name,
        "aws:eks:cluster-name": cluster.name,
        f"kubernetes.io/cluster/{cluster.name}": "owned",
        f"k8s.io/cluster-autoscaler/{cluster.name}": "owned",
        "k8s.io/cluster-autoscaler/enabled": "true",
        "aws:autoscaling:groupName": nodegroup["resources"]["autoScalingGroups"][0]["name"],
    }
