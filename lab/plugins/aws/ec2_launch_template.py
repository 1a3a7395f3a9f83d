"""Launch templates: each change is a new version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_set, same_value
from lab.plugins.aws.ec2_calls import find, tagger
from lab.plugins.aws.record import REGION, TAGS, Autoname, Change, Property, Resource, Values

_GONE: Final = frozenset({"InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException"})
_NAME: Final = re.compile(r"^[0-9A-Za-z().\-/_]{3,125}$")
_DATA: Final = "ec2:CreateLaunchTemplate.LaunchTemplateData"

_ITSELF: Final = "launch-template"
"""moto lists a template's own tags among those of what is launched from it; EC2 does not."""

_METADATA: Final = {
    "httpEndpoint": Property(computed=True, enum=f"{_DATA}.MetadataOptions.HttpEndpoint"),
    "httpProtocolIpv6": Property(computed=True, enum=f"{_DATA}.MetadataOptions.HttpProtocolIpv6"),
    "httpPutResponseHopLimit": Property(computed=True),
    "httpTokens": Property(computed=True, enum=f"{_DATA}.MetadataOptions.HttpTokens"),
    "instanceMetadataTags": Property(computed=True, enum=f"{_DATA}.MetadataOptions.InstanceMetadataTags"),
}
_EBS: Final = {
    "deleteOnTermination": Property(),
    "encrypted": Property(),
    "iops": Property(computed=True),
    "kmsKeyId": Property(),
    "snapshotId": Property(),
    "throughput": Property(computed=True),
    "volumeSize": Property(computed=True),
    "volumeType": Property(computed=True, enum=f"{_DATA}.BlockDeviceMappings.Ebs.VolumeType"),
}
_DEVICE: Final = {
    "deviceName": Property(),
    "ebs": Property(fields=_EBS),
    "noDevice": Property(),
    "virtualName": Property(),
}
_TEXT_BOOLEANS: Final = frozenset({"encrypted", "deleteOnTermination", "ebsOptimized"})
"""Booleans that the provider takes as text, to tell "false" from "not given"."""
_SCALARS: Final = ("ebsOptimized", "imageId", "instanceType", "keyName", "userData")
_VERSIONED: Final = frozenset(
    {*_SCALARS, "blockDeviceMappings", "description", "metadataOptions", "monitoring"}
    | {"tagSpecifications", "vpcSecurityGroupIds"}
)


def pascal(name: str) -> str:
    """Return the API's spelling of a property."""
    return name[0].upper() + name[1:]


def camel(name: str) -> str:
    """Return the provider's spelling of an API parameter."""
    return name[0].lower() + name[1:]


def _to_api(values: Mapping[str, Any]) -> dict[str, Any]:
    converted: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            converted[pascal(name)] = _to_api(value)
        elif value is not None and value != "":
            converted[pascal(name)] = value == "true" if name in _TEXT_BOOLEANS else value
    return converted


def _from_api(values: Mapping[str, Any]) -> Values:
    converted: Values = {}
    for parameter, value in values.items():
        name = camel(parameter)
        if isinstance(value, Mapping):
            converted[name] = _from_api(value)
        else:
            converted[name] = str(value).lower() if name in _TEXT_BOOLEANS else value
    return converted


def _data(inputs: Values) -> dict[str, Any]:
    data = _to_api({name: inputs.get(name) for name in _SCALARS})
    data["SecurityGroupIds"] = inputs.get("vpcSecurityGroupIds")
    data["BlockDeviceMappings"] = [_to_api(item) for item in inputs.get("blockDeviceMappings") or ()]
    data["MetadataOptions"] = _to_api(inputs.get("metadataOptions") or {})
    data["Monitoring"] = _to_api(inputs.get("monitoring") or {})
    data["TagSpecifications"] = [
        {"ResourceType": item["resourceType"], "Tags": tagging.to_list(item.get("tags") or {})}
        for item in inputs.get("tagSpecifications") or ()
    ]
    return {name: value for name, value in data.items() if value not in (None, [], {})}


def _create(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2",
        "create_launch_template",
        LaunchTemplateName=inputs["name"],
        LaunchTemplateData=_data(inputs),
        VersionDescription=inputs.get("description"),
        TagSpecifications=tagging.specification(_ITSELF, inputs),
    )
    return str(answer["LaunchTemplate"]["LaunchTemplateId"])


def _find(call: Call, resource_id: str) -> dict[str, Any] | None:
    return find(call, "describe_launch_templates", "LaunchTemplates", _GONE, LaunchTemplateIds=[resource_id])


def _read(call: Call, resource_id: str, _: Values) -> Values | None:
    template = _find(call, resource_id)
    if template is None:
        return None
    latest = template["LatestVersionNumber"]
    version = call.aws(
        "ec2", "describe_launch_template_versions", LaunchTemplateId=resource_id, Versions=[str(latest)]
    )["LaunchTemplateVersions"][0]
    data = version["LaunchTemplateData"]
    return {
        "arn": call.session.arn("ec2", f"launch-template/{resource_id}", call.region),
        "blockDeviceMappings": [_from_api(item) for item in data.get("BlockDeviceMappings") or ()],
        "defaultVersion": template["DefaultVersionNumber"],
        "description": version.get("VersionDescription") or "",
        "latestVersion": latest,
        "metadataOptions": _metadata(data.get("MetadataOptions")),
        "monitoring": _from_api(data["Monitoring"]) if data.get("Monitoring") else None,
        "name": template["LaunchTemplateName"],
        "tagSpecifications": [
            {"resourceType": item["ResourceType"], "tags": tagging.from_list(item.get("Tags"))}
            for item in data.get("TagSpecifications") or ()
            if item["ResourceType"] != _ITSELF
        ],
        "tagsAll": _tags(call, resource_id),
        "vpcSecurityGroupIds": data.get("SecurityGroupIds") or [],
        **_from_api({pascal(name): data[pascal(name)] for name in _SCALARS if pascal(name) in data}),
    }


def _tags(call: Call, resource_id: str) -> dict[str, str]:
    """Read the tags on their own: moto's description of a template keeps those of its creation."""
    wanted = [{"Name": "resource-id", "Values": [resource_id]}]
    return tagging.from_list(call.pages("ec2", "describe_tags", "Tags", Filters=wanted))


def _metadata(options: Mapping[str, Any] | None) -> Values | None:
    if not options:
        return None
    return {name: value for name, value in _from_api(options).items() if name in _METADATA}


def _update(call: Call, resource_id: str, change: Change) -> None:
    if change.touches(*_VERSIONED):
        answer = call.aws(
            "ec2",
            "create_launch_template_version",
            LaunchTemplateId=resource_id,
            LaunchTemplateData=_data(change.new),
            VersionDescription=change.new.get("description"),
        )
        latest = answer["LaunchTemplateVersion"]["VersionNumber"]
        if change.new.get("updateDefaultVersion"):
            _set_default(call, resource_id, latest)
    elif change.touches("updateDefaultVersion") and change.new.get("updateDefaultVersion"):
        _set_default(call, resource_id, change.old["latestVersion"])
    if change.touches("defaultVersion") and change.new.get("defaultVersion"):
        _set_default(call, resource_id, change.new["defaultVersion"])


def _set_default(call: Call, resource_id: str, version: int) -> None:
    call.aws("ec2", "modify_launch_template", LaunchTemplateId=resource_id, DefaultVersion=str(version))


def _delete(call: Call, resource_id: str, _: Values) -> None:
    call.aws("ec2", "delete_launch_template", LaunchTemplateId=resource_id)


def _recomputes(changed: frozenset[str]) -> tuple[str, ...]:
    """Source: terraform-provider-aws internal/service/ec2/ec2_launch_template.go, CustomizeDiff."""
    if changed & _VERSIONED:
        return ("latestVersion", "defaultVersion")
    return ("defaultVersion",) if changed & {"updateDefaultVersion", "defaultVersion"} else ()


def _template_name(value: Any) -> str | None:
    return None if _NAME.match(value) else f"expected 3 to 125 letters, digits and ()./_-, got {value!r}"


def _one_default(inputs: Values) -> Iterator[tuple[str, str]]:
    if inputs.get("defaultVersion") and inputs.get("updateDefaultVersion"):
        yield "defaultVersion", "conflicts with updateDefaultVersion"


def _same_text_boolean(left: Any, right: Any) -> bool:
    return same_value(left, right) or str(left).lower() == str(right).lower()


RECORDS: Final = (
    Resource(
        type_name="aws:ec2/launchTemplate:LaunchTemplate",
        sdk="pulumi_aws.ec2.launch_template:LaunchTemplate",
        title="EC2 Launch Template",
        source="terraform-provider-aws internal/service/ec2/ec2_launch_template.go",
        properties={
            "blockDeviceMappings": Property(fields=_DEVICE),
            "defaultVersion": Property(computed=True),
            "description": Property(),
            "ebsOptimized": Property(same=_same_text_boolean),
            "imageId": Property(),
            "instanceType": Property(enum=f"{_DATA}.InstanceType"),
            "keyName": Property(),
            "metadataOptions": Property(computed=True, fields=_METADATA),
            "monitoring": Property(fields={"enabled": Property()}),
            "name": Property(replaces=True, computed=True, check=_template_name),
            "region": REGION,
            "tagSpecifications": Property(
                fields={
                    "resourceType": Property(enum=f"{_DATA}.TagSpecifications.ResourceType"),
                    "tags": Property(),
                }
            ),
            "tags": TAGS,
            "updateDefaultVersion": Property(write_only=True),
            "userData": Property(),
            "vpcSecurityGroupIds": Property(same=same_set),
        },
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=tagger(),
        autoname=Autoname(max_length=125),
        gone=_GONE,
        recomputes=_recomputes,
        validate=_one_default,
    ),
)
