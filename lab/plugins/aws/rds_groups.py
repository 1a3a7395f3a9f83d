"""RDS subnet groups and parameter groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_set, same_text
from lab.plugins.aws.rds_calls import retag, tags_of
from lab.plugins.aws.record import REGION, TAGS, Autoname, Change, Property, Resource, Values

_SUBNETS_GONE: Final = frozenset({"DBSubnetGroupNotFoundFault"})
_PARAMETERS_GONE: Final = frozenset({"DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"})
_MANAGED: Final = "Managed by Pulumi"
_SUBNETS_NAME: Final = re.compile(r"^[ .0-9a-z_-]{1,255}$")
_PARAMETERS_NAME: Final = re.compile(r"^[a-z](?!.*--)[0-9a-z-]{0,253}[0-9a-z]$")
_METHODS: Final = ("immediate", "pending-reboot")
_AT_ONCE: Final = 20
"""Parameters per call.

Source: terraform-provider-aws internal/service/rds/parameter_group.go, maxParamModifyChunk.
"""
_IN_USE_SECONDS: Final = 180.0

# Subnet group


def _create_subnets(call: Call, inputs: Values) -> str:
    call.aws(
        "rds",
        "create_db_subnet_group",
        DBSubnetGroupName=inputs["name"],
        DBSubnetGroupDescription=inputs["description"],
        SubnetIds=inputs["subnetIds"],
        Tags=tagging.to_list(inputs["tagsAll"]),
    )
    return str(inputs["name"])


def _read_subnets(call: Call, resource_id: str, _: Values) -> Values | None:
    answer = call.found(
        _SUBNETS_GONE, lambda: call.aws("rds", "describe_db_subnet_groups", DBSubnetGroupName=resource_id)
    )
    if not answer or not answer["DBSubnetGroups"]:
        return None
    group = answer["DBSubnetGroups"][0]
    return {
        "arn": group["DBSubnetGroupArn"],
        "description": group["DBSubnetGroupDescription"],
        "name": group["DBSubnetGroupName"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
        "supportedNetworkTypes": group.get("SupportedNetworkTypes") or ["IPV4"],
        "tagsAll": tags_of(call, group["DBSubnetGroupArn"]),
        "vpcId": group["VpcId"],
    }


def _update_subnets(call: Call, resource_id: str, change: Change) -> None:
    if change.touches("description", "subnetIds"):
        call.aws(
            "rds",
            "modify_db_subnet_group",
            DBSubnetGroupName=resource_id,
            DBSubnetGroupDescription=change.new["description"],
            SubnetIds=change.new["subnetIds"],
        )


def _delete_subnets(call: Call, resource_id: str, _: Values) -> None:
    call.aws("rds", "delete_db_subnet_group", DBSubnetGroupName=resource_id)


def _subnets_name(value: Any) -> str | None:
    if value == "default" or not _SUBNETS_NAME.match(value):
        return f"expected lowercase letters, digits, spaces and ._- and not 'default', got {value!r}"
    return None


SUBNET_GROUP: Final = Resource(
    type_name="aws:rds/subnetGroup:SubnetGroup",
    sdk="pulumi_aws.rds.subnet_group:SubnetGroup",
    title="RDS DB Subnet Group",
    source="terraform-provider-aws internal/service/rds/subnet_group.go; "
    "pulumi-aws provider/resource_overrides.go (description)",
    properties={
        "description": Property(default=_MANAGED),
        "name": Property(replaces=True, computed=True, check=_subnets_name),
        "region": REGION,
        "subnetIds": Property(same=same_set),
        "tags": TAGS,
    },
    create=_create_subnets,
    read=_read_subnets,
    update=_update_subnets,
    delete=_delete_subnets,
    tagger=retag,
    autoname=Autoname(),
    gone=_SUBNETS_GONE,
)

# Parameter group


def _create_parameters(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "rds",
        "create_db_parameter_group",
        DBParameterGroupName=inputs["name"],
        DBParameterGroupFamily=inputs["family"],
        Description=inputs["description"],
        Tags=tagging.to_list(inputs["tagsAll"]),
    )
    return str(answer["DBParameterGroup"]["DBParameterGroupName"])


def _settle_parameters(call: Call, resource_id: str, inputs: Values) -> None:
    _set_parameters(call, resource_id, "modify_db_parameter_group", inputs.get("parameters") or ())


def _set_parameters(
    call: Call, resource_id: str, action: str, parameters: Iterable[Mapping[str, Any]]
) -> None:
    wire = [
        {
            "ParameterName": item["name"],
            "ApplyMethod": item.get("applyMethod") or _METHODS[0],
            **({"ParameterValue": item["value"]} if action.startswith("modify") else {}),
        }
        for item in parameters
    ]
    for start in range(0, len(wire), _AT_ONCE):
        call.aws("rds", action, DBParameterGroupName=resource_id, Parameters=wire[start : start + _AT_ONCE])


def _find_parameters(call: Call, resource_id: str) -> dict[str, Any] | None:
    answer = call.found(
        _PARAMETERS_GONE,
        lambda: call.aws("rds", "describe_db_parameter_groups", DBParameterGroupName=resource_id),
    )
    return answer["DBParameterGroups"][0] if answer and answer["DBParameterGroups"] else None


def _read_parameters(call: Call, resource_id: str, _: Values) -> Values | None:
    group = _find_parameters(call, resource_id)
    if group is None:
        return None
    changed = call.pages(
        "rds", "describe_db_parameters", "Parameters", DBParameterGroupName=resource_id, Source="user"
    )
    return {
        "arn": group["DBParameterGroupArn"],
        "description": group["Description"],
        "family": group["DBParameterGroupFamily"],
        "name": group["DBParameterGroupName"],
        "parameters": [
            {
                "applyMethod": item.get("ApplyMethod") or _METHODS[0],
                "name": item["ParameterName"],
                "value": item.get("ParameterValue", ""),
            }
            for item in changed
        ],
        "tagsAll": tags_of(call, group["DBParameterGroupArn"]),
    }


def _update_parameters(call: Call, resource_id: str, change: Change) -> None:
    if not change.touches("parameters"):
        return
    old = {item["name"]: item for item in change.old.get("parameters") or ()}
    new = {item["name"]: item for item in change.new.get("parameters") or ()}
    _set_parameters(
        call,
        resource_id,
        "modify_db_parameter_group",
        [item for name, item in new.items() if item != old.get(name)],
    )
    removed = [item for name, item in old.items() if name not in new]
    _set_parameters(call, resource_id, "reset_db_parameter_group", removed)


def _delete_parameters(call: Call, resource_id: str, state: Values) -> None:
    if not state.get("skipDestroy"):
        call.retry(
            {"InvalidDBParameterGroupState"},
            lambda: call.aws("rds", "delete_db_parameter_group", DBParameterGroupName=resource_id),
            limit=_IN_USE_SECONDS,
        )


def _parameters_name(value: Any) -> str | None:
    if not _PARAMETERS_NAME.match(value):
        return f"expected lowercase letters, digits and single hyphens, a letter first, got {value!r}"
    return None


def _method(value: Any) -> str | None:
    return None if value in _METHODS else f"expected one of {list(_METHODS)}, got {value}"


PARAMETER_GROUP: Final = Resource(
    type_name="aws:rds/parameterGroup:ParameterGroup",
    sdk="pulumi_aws.rds.parameter_group:ParameterGroup",
    title="RDS DB Parameter Group",
    source="terraform-provider-aws internal/service/rds/parameter_group.go; "
    "pulumi-aws provider/resource_overrides.go (description, applyMethod)",
    properties={
        "description": Property(replaces=True, default=_MANAGED),
        "family": Property(replaces=True, same=same_text),
        "name": Property(replaces=True, computed=True, check=_parameters_name),
        "parameters": Property(
            same=same_set,
            fields={
                "applyMethod": Property(default=_METHODS[0], check=_method),
                "name": Property(),
                "value": Property(),
            },
        ),
        "region": REGION,
        "skipDestroy": Property(default=False, write_only=True),
        "tags": TAGS,
    },
    create=_create_parameters,
    created=_settle_parameters,
    read=_read_parameters,
    update=_update_parameters,
    delete=_delete_parameters,
    tagger=retag,
    autoname=Autoname(),
    gone=_PARAMETERS_GONE,
)

RECORDS: Final = (SUBNET_GROUP, PARAMETER_GROUP)
