"""The cluster of a stack, its VPC CNI and its nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from podsg.model.snapshot import NOT_READ, Cluster, FargateProfile, Maybe, NodeGroup, Unknown, VpcCni
from podsg.preview.network_snapshot import GROUP, SUBNET
from podsg.preview.references import References, mapping
from podsg.preview.resources import Resource, has_unknown

CLUSTER: Final = "aws:eks/cluster:Cluster"
ADDON: Final = "aws:eks/addon:Addon"
NODE_GROUP: Final = "aws:eks/nodeGroup:NodeGroup"
FARGATE: Final = "aws:eks/fargateProfile:FargateProfile"
LAUNCH_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
ROLE: Final = "aws:iam/role:Role"
ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_CNI: Final = "vpc-cni"


def cluster(references: References) -> Maybe[Cluster]:
    """Return the only cluster of a stack; Unknown if it has none or several."""
    found = references.of_type(CLUSTER)
    if len(found) != 1:
        return Unknown(f"the stack has {len(found)} clusters") if found else NOT_READ
    one = found[0]
    network = mapping(one.value("kubernetesNetworkConfig"))
    vpc = mapping(one.outputs.get("vpcConfig"))
    return Cluster(
        one.place,
        name=one.value("name", one.unknown("name")),
        version=one.value("version", Unknown("EKS chooses its default version")),
        vpc_id=_told(vpc, "vpcId", one),
        role_policies=_role_policies(references, one),
        ip_family=network.get("ipFamily", "ipv4"),
        has_auto_mode=bool(mapping(one.value("computeConfig")).get("enabled", False)),
        security_group_id=_told(vpc, "clusterSecurityGroupId", one),
        dns_group_id=_told(vpc, "clusterSecurityGroupId", one),
        kube_proxy_mode=_kube_proxy_mode(references),
        depends_on=references.names_before(one),
    )


def vpc_cni(references: References) -> Maybe[VpcCni]:
    """Return the add-on vpc-cni of a stack."""
    found = [one for one in references.of_type(ADDON) if one.value("addonName") == _CNI]
    if len(found) != 1:
        return Unknown(f"the stack has {len(found)} add-ons {_CNI}") if found else NOT_READ
    one = found[0]
    values = _configuration(one)
    version = one.value("addonVersion", Unknown("EKS chooses its default version"))
    if isinstance(values, Unknown):
        return VpcCni(one.place, version, values, values, values)
    return VpcCni(
        one.place,
        version=version,
        env=dict(mapping(values.get("env"))),
        init_env=dict(mapping(mapping(values.get("init")).get("env"))),
        has_network_policy=str(values.get("enableNetworkPolicy", "false")).lower() == "true",
    )


def node_groups(references: References) -> tuple[NodeGroup, ...]:
    """Return the managed node groups of a stack."""
    return tuple(_node_group(references, one) for one in references.of_type(NODE_GROUP))


def fargate_profiles(references: References) -> tuple[FargateProfile, ...]:
    """Return the Fargate profiles of a stack."""
    return tuple(
        FargateProfile(one.place, one.name, selectors=_selectors(one)) for one in references.of_type(FARGATE)
    )


def _told(told: Mapping[str, Any], key: str, one: Resource) -> Maybe[str]:
    value = told.get(key)
    return one.unknown(key) if not value or has_unknown(value) else str(value)


def _role_policies(references: References, one: Resource) -> Maybe[frozenset[str]]:
    role = _role(references, one)
    if role is None:
        return Unknown("the role is not part of the stack")
    own = {role.id, role.name, role.inputs.get("name")} - {""}
    attached = [each for each in references.of_type(ATTACHMENT) if references.one(each, "role", ROLE) in own]
    arns = [each.value("policyArn") for each in attached]
    unknown = next((arn for arn in arns if isinstance(arn, Unknown)), None)
    return unknown or frozenset(str(arn).rpartition("/")[2] for arn in arns)


def _role(references: References, one: Resource) -> Resource | None:
    sources, arn = one.comes_from.get("roleArn", ()), one.value("roleArn")
    for role in references.of_type(ROLE):
        if role.urn in sources or role.outputs.get("arn") == arn:
            return role
    return None


def _kube_proxy_mode(references: References) -> Maybe[str]:
    for one in references.of_type(ADDON):
        if one.value("addonName") == "kube-proxy":
            values = _configuration(one)
            return values if isinstance(values, Unknown) else str(values.get("mode", "iptables"))
    return NOT_READ


def _configuration(addon: Resource) -> Maybe[Mapping[str, Any]]:
    text = addon.value("configurationValues", "{}")
    if isinstance(text, Unknown):
        return text
    try:
        return mapping(json.loads(text or "{}"))
    except ValueError:
        return Unknown("its configurationValues are no JSON", (addon.name,))


def _node_group(references: References, one: Resource) -> NodeGroup:
    scaling = mapping(one.value("scalingConfig"))
    types = one.value("instanceTypes", Unknown("its launch template may tell the type", (one.name,)))
    has_template = "launchTemplate" in one.inputs
    return NodeGroup(
        one.place,
        one.name,
        instance_types=types if isinstance(types, Unknown) else tuple(types),
        ami_type=one.value("amiType", Unknown("EKS chooses the AMI type")),
        desired_count=scaling.get("desiredSize", one.unknown("scalingConfig")),
        max_pods=Unknown("its launch template may set it", (one.name,)) if has_template else None,
        subnet_ids=_known(references.several(one, "subnetIds", SUBNET)),
        security_group_ids=_groups_of(references, one),
        kernel_settings=Unknown("its launch template may set them", (one.name,)) if has_template else {},
        depends_on=references.names_before(one),
    )


def _groups_of(references: References, one: Resource) -> Maybe[tuple[str, ...]]:
    sources = set(one.comes_from.get("launchTemplate", ()))
    for template in references.of_type(LAUNCH_TEMPLATE):
        if template.urn in sources:
            return _known(references.several(template, "vpcSecurityGroupIds", GROUP))
    return one.unknown("launchTemplate")


def _known(ids: Maybe[tuple[Maybe[str], ...]]) -> Maybe[tuple[str, ...]]:
    if isinstance(ids, Unknown):
        return ids
    known = tuple(one for one in ids if isinstance(one, str))
    return known if len(known) == len(ids) else next(one for one in ids if isinstance(one, Unknown))


def _selectors(one: Resource) -> Maybe[tuple[tuple[str, Mapping[str, str]], ...]]:
    found: Maybe[Sequence[Any]] = one.value("selectors", [])
    if isinstance(found, Unknown):
        return found
    return tuple((str(each.get("namespace", "")), dict(mapping(each.get("labels")))) for each in found)
