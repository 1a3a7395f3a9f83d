"""RDS subnet groups, and parameter groups of instances and of clusters."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
_IN_USE: Final = "InvalidDBParameterGroupState"

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

# Parameter groups


@dataclass(frozen=True)
class _Kind:
    """How the calls of a kind of parameter group are named."""

    name: str
    """Parameter and member with the name of a group."""
    group: str
    """Member with one group."""
    groups: str
    """Member with a list of groups."""
    arn: str
    action: str
    """End of the calls' names."""
    list_parameters: str
    family: str = "DBParameterGroupFamily"


_OF_INSTANCES: Final = _Kind(
    name="DBParameterGroupName",
    group="DBParameterGroup",
    groups="DBParameterGroups",
    arn="DBParameterGroupArn",
    action="db_parameter_group",
    list_parameters="describe_db_parameters",
)
_OF_CLUSTERS: Final = _Kind(
    name="DBClusterParameterGroupName",
    group="DBClusterParameterGroup",
    groups="DBClusterParameterGroups",
    arn="DBClusterParameterGroupArn",
    action="db_cluster_parameter_group",
    list_parameters="describe_db_cluster_parameters",
)


def _create_parameters(kind: _Kind, call: Call, inputs: Values) -> str:
    answer = call.aws(
        "rds",
        f"create_{kind.action}",
        **{kind.name: inputs["name"], kind.family: inputs["family"]},
        Description=inputs["description"],
        Tags=tagging.to_list(inputs["tagsAll"]),
    )
    return str(answer[kind.group][kind.name])


def _settle_parameters(kind: _Kind, call: Call, resource_id: str, inputs: Values) -> None:
    _set_parameters(kind, call, resource_id, "modify", inputs.get("parameters") or ())


def _set_parameters(
    kind: _Kind, call: Call, resource_id: str, verb: str, parameters: Iterable[Mapping[str, Any]]
) -> None:
    """Modify or reset parameters, so many at once; a reset waits for changes that are pending."""
    wire = [
        {
            "ParameterName": item["name"],
            "ApplyMethod": item.get("applyMethod") or _METHODS[0],
            **({"ParameterValue": item["value"]} if verb == "modify" else {}),
        }
        for item in parameters
    ]
    waits = {f"{_IN_USE}/has pending changes"} if verb == "reset" else set()
    for start in range(0, len(wire), _AT_ONCE):
        change = functools.partial(
            call.aws,
            "rds",
            f"{verb}_{kind.action}",
            **{kind.name: resource_id},
            Parameters=wire[start : start + _AT_ONCE],
        )
        call.retry(waits, change, limit=_IN_USE_SECONDS)


def _read_parameters(kind: _Kind, call: Call, resource_id: str, _: Values) -> Values | None:
    name = {kind.name: resource_id}
    answer = call.found(_PARAMETERS_GONE, lambda: call.aws("rds", f"describe_{kind.action}s", **name))
    if not answer or not answer[kind.groups]:
        return None
    group = answer[kind.groups][0]
    changed = call.pages("rds", kind.list_parameters, "Parameters", **name, Source="user")
    return {
        "arn": group[kind.arn],
        "description": group["Description"],
        "family": group[kind.family],
        "name": group[kind.name],
        "parameters": [
            {
                "applyMethod": item.get("ApplyMethod") or _METHODS[0],
                "name": item["ParameterName"],
                "value": item.get("ParameterValue", ""),
            }
            for item in changed
        ],
        "tagsAll": tags_of(call, group[kind.arn]),
    }


def _update_parameters(kind: _Kind, call: Call, resource_id: str, change: Change) -> None:
    if not change.touches("parameters"):
        return
    old = {item["name"]: item for item in change.old.get("parameters") or ()}
    new = {item["name"]: item for item in change.new.get("parameters") or ()}
    changed = [item for name, item in new.items() if item != old.get(name)]
    _set_parameters(kind, call, resource_id, "modify", changed)
    removed = [item for name, item in old.items() if name not in new]
    _set_parameters(kind, call, resource_id, "reset", removed)


def _delete_parameters(kind: _Kind, call: Call, resource_id: str, state: Values) -> None:
    if not state.get("skipDestroy"):
        call.retry(
            {_IN_USE},
            lambda: call.aws("rds", f"delete_{kind.action}", **{kind.name: resource_id}),
            limit=_IN_USE_SECONDS,
        )


def _parameters_name(value: Any) -> str | None:
    if not _PARAMETERS_NAME.match(value):
        return f"expected lowercase letters, digits and single hyphens, a letter first, got {value!r}"
    return None


def _method(value: Any) -> str | None:
    return None if value in _METHODS else f"expected one of {list(_METHODS)}, got {value}"


_PARAMETERS: Final = Property(
    same=same_set,
    fields={
        "applyMethod": Property(default=_METHODS[0], check=_method),
        "name": Property(),
        "value": Property(),
    },
)


def _parameter_group(
    kind: _Kind,
    *,
    type_name: str,
    sdk: str,
    title: str,
    source: str,
    family: Property,
    more: Mapping[str, Property] | None = None,
) -> Resource:
    return Resource(
        type_name=type_name,
        sdk=sdk,
        title=title,
        source=f"terraform-provider-aws internal/service/rds/{source}; "
        "pulumi-aws provider/resource_overrides.go (description, applyMethod)",
        properties={
            "description": Property(replaces=True, default=_MANAGED),
            "family": family,
            "name": Property(replaces=True, computed=True, check=_parameters_name),
            "parameters": _PARAMETERS,
            "region": REGION,
            "tags": TAGS,
            **(more or {}),
        },
        create=functools.partial(_create_parameters, kind),
        created=functools.partial(_settle_parameters, kind),
        read=functools.partial(_read_parameters, kind),
        update=functools.partial(_update_parameters, kind),
        delete=functools.partial(_delete_parameters, kind),
        tagger=retag,
        autoname=Autoname(),
        gone=_PARAMETERS_GONE,
    )


PARAMETER_GROUP: Final = _parameter_group(
    _OF_INSTANCES,
    type_name="aws:rds/parameterGroup:ParameterGroup",
    sdk="pulumi_aws.rds.parameter_group:ParameterGroup",
    title="RDS DB Parameter Group",
    source="parameter_group.go",
    family=Property(replaces=True, same=same_text),
    more={"skipDestroy": Property(default=False, write_only=True)},
)
CLUSTER_PARAMETER_GROUP: Final = _parameter_group(
    _OF_CLUSTERS,
    type_name="aws:rds/clusterParameterGroup:ClusterParameterGroup",
    sdk="pulumi_aws.rds.cluster_parameter_group:ClusterParameterGroup",
    title="RDS Cluster Parameter Group",
    source="cluster_parameter_group.go",
    family=Property(replaces=True),
)

RECORDS: Final = (SUBNET_GROUP, PARAMETER_GROUP, CLUSTER_PARAMETER_GROUP)
