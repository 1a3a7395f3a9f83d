"""Functions (invokes) of the provider that the lab knows.

Source: terraform-provider-aws `internal/service/sts/caller_identity_data_source.go`,
`internal/service/meta/region_data_source.go`, `internal/service/meta/partition_data_source.go`,
`internal/service/ec2/ec2_availability_zones_data_source.go`,
`internal/service/iam/session_context_data_source.go`, `internal/service/iam/role_data_source.go`; those of
`ec2_lookups` and `eks_lookups` are named there.
"""

from __future__ import annotations

import difflib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import botocore.session

from lab.plugins.aws import ec2_lookups, eks_lookups, tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.record import Values
from lab.plugins.aws.session import Session
from lab.plugins.interface import CheckFailure, InvalidInputsError, PluginError

TIMEOUT_SECONDS: Final = 60.0
_ASSUMED_ROLE: Final = re.compile(r"^arn:[^:]+:sts::\d{12}:assumed-role/([^/]+)/(.+)$")


@dataclass(frozen=True)
class Function:
    """One function: the arguments it takes and what answers it."""

    arguments: frozenset[str]
    answer: Callable[[Call, Values], Values]
    required: frozenset[str] = frozenset()


def answer(session: Session, cancelled: threading.Event, token: str, args: Values) -> Values:
    """Answer a function.

    Args:
        session: The configured provider.
        cancelled: Set when the engine wants to stop.
        token: `aws:index/getCallerIdentity:getCallerIdentity`.
        args: Arguments by wire name.

    Raises:
        InvalidInputsError: An argument is unknown or missing.
        PluginError: The lab does not know the function.
    """
    function = FUNCTIONS.get(token)
    if function is None:
        raise PluginError(f"the lab does not know the function {token} yet")
    given = {name: value for name, value in args.items() if value is not None}
    failures = [
        CheckFailure(name, _unknown(token, name, function))
        for name in given
        if name not in function.arguments
    ]
    failures += [
        CheckFailure(name, f"missing required argument {name!r} of {token}")
        for name in sorted(function.required - set(given))
    ]
    if failures:
        raise InvalidInputsError(failures)
    region = str(given.get("region") or session.region)
    return function.answer(Call(session, region, TIMEOUT_SECONDS, cancelled), given)


def _unknown(token: str, name: str, function: Function) -> str:
    near = difflib.get_close_matches(name, function.arguments, n=1, cutoff=0.0)
    hint = f"the nearest name is {near[0]!r}" if near else "it takes none"
    return f"{token} has no argument {name!r} that the lab knows; {hint}"


def _caller_identity(call: Call, _: Values) -> Values:
    found = call.aws("sts", "get_caller_identity")
    account = found["Account"]
    return {"accountId": account, "arn": found["Arn"], "id": account, "userId": found["UserId"]}


def _region(call: Call, _: Values) -> Values:
    endpoint = f"ec2.{call.region}.{_partition_data(call)['dnsSuffix']}"
    names = {item["id"]: item for item in _partitions()}
    region = names[_partition_name(call)]["regions"].get(call.region, {})
    return {
        "description": region.get("description", call.region),
        "endpoint": endpoint,
        "id": call.region,
        "name": call.region,
        "region": call.region,
    }


def _partition(call: Call, _: Values) -> Values:
    data = _partition_data(call)
    name = _partition_name(call)
    reverse = ".".join(reversed(data["dnsSuffix"].split(".")))
    return {"dnsSuffix": data["dnsSuffix"], "id": name, "partition": name, "reverseDnsPrefix": reverse}


def _partitions() -> list[dict[str, Any]]:
    loaded: dict[str, Any] = botocore.session.get_session().get_data("partitions")
    return list(loaded["partitions"])


def _partition_name(call: Call) -> str:
    return call.session.partition


def _partition_data(call: Call) -> dict[str, Any]:
    found = next(item for item in _partitions() if item["id"] == _partition_name(call))
    outputs: dict[str, Any] = found["outputs"]
    return outputs


def _availability_zones(call: Call, args: Values) -> Values:
    filters = [{"Name": item["name"], "Values": item["values"]} for item in args.get("filters") or ()]
    if state := args.get("state"):
        filters.append({"Name": "state", "Values": [state]})
    found = call.aws(
        "ec2",
        "describe_availability_zones",
        Filters=filters or None,
        AllAvailabilityZones=args.get("allAvailabilityZones"),
    )["AvailabilityZones"]
    excluded = {*(args.get("excludeNames") or ()), *(args.get("excludeZoneIds") or ())}
    zones = sorted(
        (zone for zone in found if not excluded & {zone["ZoneName"], zone["ZoneId"]}),
        key=lambda zone: zone["ZoneName"],
    )
    return args | {
        "groupNames": sorted({zone.get("GroupName", call.region) for zone in zones}),
        "id": call.region,
        "names": [zone["ZoneName"] for zone in zones],
        "region": call.region,
        "zoneIds": [zone["ZoneId"] for zone in zones],
    }


def _session_context(call: Call, args: Values) -> Values:
    arn = str(args["arn"])
    assumed = _ASSUMED_ROLE.match(arn)
    if assumed is None:
        return {"arn": arn, "id": arn, "issuerArn": arn, "issuerId": "", "issuerName": "", "sessionName": ""}
    name, session_name = assumed.groups()
    role = call.aws("iam", "get_role", RoleName=name)["Role"]
    return {
        "arn": arn,
        "id": arn,
        "issuerArn": role["Arn"],
        "issuerId": role["RoleId"],
        "issuerName": name,
        "sessionName": session_name,
    }


def _role(call: Call, args: Values) -> Values:
    name = str(args["name"])
    found = call.found({"NoSuchEntity"}, lambda: call.aws("iam", "get_role", RoleName=name)["Role"])
    if found is None:
        raise PluginError(f"reading IAM Role ({name}): couldn't find resource")
    tags = tagging.from_list(found.get("Tags"))
    used = found.get("RoleLastUsed") or {}
    return {
        "arn": found["Arn"],
        "assumeRolePolicy": json.dumps(found["AssumeRolePolicyDocument"], separators=(",", ":")),
        "createDate": found["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": found.get("Description", ""),
        "id": name,
        "maxSessionDuration": found["MaxSessionDuration"],
        "name": found["RoleName"],
        "path": found["Path"],
        "permissionsBoundary": (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", ""),
        "roleLastUseds": [
            {
                "lastUsedDate": used["LastUsedDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": used.get("Region", ""),
            }
        ]
        if used.get("LastUsedDate")
        else [],
        "tags": {key: value for key, value in tags.items() if call.session.shows_tag(key)},
        "uniqueId": found["RoleId"],
    }


_NAME: Final = frozenset({"name"})
_FILTERS: Final = frozenset({"filters", "region", "tags"})

FUNCTIONS: Final = {
    "aws:index/getCallerIdentity:getCallerIdentity": Function(frozenset({"id"}), _caller_identity),
    "aws:index/getRegion:getRegion": Function(frozenset({"id", "region"}), _region),
    "aws:index/getPartition:getPartition": Function(frozenset({"id"}), _partition),
    "aws:index/getAvailabilityZones:getAvailabilityZones": Function(
        frozenset({"allAvailabilityZones", "excludeNames", "excludeZoneIds", "filters", "region", "state"}),
        _availability_zones,
    ),
    "aws:iam/getSessionContext:getSessionContext": Function(
        frozenset({"arn"}), _session_context, required=frozenset({"arn"})
    ),
    "aws:iam/getRole:getRole": Function(_NAME | {"tags"}, _role, required=_NAME),
    "aws:ec2/getVpc:getVpc": Function(
        _FILTERS | {"cidrBlock", "default", "dhcpOptionsId", "id", "state"}, ec2_lookups.vpc
    ),
    "aws:ec2/getSubnet:getSubnet": Function(
        _FILTERS
        | {"availabilityZone", "availabilityZoneId", "cidrBlock", "defaultForAz", "id", "state", "vpcId"},
        ec2_lookups.subnet,
    ),
    "aws:ec2/getSubnets:getSubnets": Function(_FILTERS, ec2_lookups.subnets),
    "aws:ec2/getSecurityGroup:getSecurityGroup": Function(
        _FILTERS | {"id", "name", "vpcId"}, ec2_lookups.security_group
    ),
    "aws:eks/getClusters:getClusters": Function(frozenset({"region"}), eks_lookups.clusters),
    "aws:eks/getCluster:getCluster": Function(
        _NAME | {"region", "tags"}, eks_lookups.cluster, required=_NAME
    ),
}
