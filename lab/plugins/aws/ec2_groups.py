"""Security groups, and the default group of a VPC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.ec2_calls import find, tagger, tags_of, wait_gone
from lab.plugins.aws.errors import AwsError
from lab.plugins.aws.record import REGION, TAGS, Autoname, Property, Resource, Timeouts, Values
from lab.plugins.interface import PluginError

GROUP_GONE: Final = frozenset({"InvalidGroup.NotFound", "InvalidGroupId.Malformed"})
_IN_USE: Final = frozenset({"DependencyViolation", "InvalidGroup.InUse"})
_FIRST_TRY_SECONDS: Final = 60.0
_LONGEST_TEXT: Final = 255
_MANAGED: Final = "Managed by Pulumi"

Permissions = list[dict[str, Any]]


def find_group(call: Call, resource_id: str) -> dict[str, Any] | None:
    """Find a group by id."""
    return find(call, "describe_security_groups", "SecurityGroups", GROUP_GONE, GroupIds=[resource_id])


def _create(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2",
        "create_security_group",
        GroupName=inputs["name"],
        Description=inputs["description"],
        VpcId=inputs.get("vpcId"),
        TagSpecifications=tagging.specification("security-group", inputs),
    )
    return str(answer["GroupId"])


def _revoke_default_egress(call: Call, resource_id: str, _: Values) -> None:
    """Remove the rule that lets everything out: the program's rules are all there is."""
    call.until(
        f"Security Group ({resource_id}) create",
        lambda: (find_group(call, resource_id) is not None, "not found"),
    )
    group = find_group(call, resource_id) or {}
    _revoke(call, resource_id, "egress", group.get("IpPermissionsEgress", []))


def _revoke(call: Call, resource_id: str, direction: str, permissions: Permissions) -> None:
    if permissions:
        action = f"revoke_security_group_{direction}"
        call.found(
            {"InvalidPermission.NotFound", *GROUP_GONE},
            lambda: call.aws("ec2", action, GroupId=resource_id, IpPermissions=_bare(permissions)),
        )


def _bare(permissions: Permissions) -> Permissions:
    """Leave out empty parts, which a revoke call would take as part of the rule."""
    return [{name: part for name, part in item.items() if part not in ([], None)} for item in permissions]


def _read(call: Call, resource_id: str, _: Values) -> Values | None:
    group = find_group(call, resource_id)
    if group is None:
        return None
    return {
        "arn": call.session.arn("ec2", f"security-group/{resource_id}", call.region),
        "description": group["Description"],
        "egress": _inline(resource_id, group.get("IpPermissionsEgress", [])),
        "ingress": _inline(resource_id, group.get("IpPermissions", [])),
        "name": group["GroupName"],
        "ownerId": group["OwnerId"],
        "tagsAll": tags_of(group),
        "vpcId": group.get("VpcId"),
    }


def _inline(resource_id: str, permissions: Permissions) -> list[Values]:
    return [rule for item in permissions for rule in _inline_rules(resource_id, item)]


def _inline_rules(resource_id: str, item: Mapping[str, Any]) -> Iterator[Values]:
    """Yield an item's rules, one per description, as the provider shows them."""
    by_text: dict[str, Values] = {}

    def rule(text: str) -> Values:
        return by_text.setdefault(
            text,
            {
                "cidrBlocks": [],
                "description": text,
                "fromPort": item.get("FromPort") or 0,
                "ipv6CidrBlocks": [],
                "prefixListIds": [],
                "protocol": item["IpProtocol"],
                "securityGroups": [],
                "self": False,
                "toPort": item.get("ToPort") or 0,
            },
        )

    for kind, key, name in (
        ("IpRanges", "CidrIp", "cidrBlocks"),
        ("Ipv6Ranges", "CidrIpv6", "ipv6CidrBlocks"),
        ("PrefixListIds", "PrefixListId", "prefixListIds"),
        ("UserIdGroupPairs", "GroupId", "securityGroups"),
    ):
        for entry in item.get(kind, []):
            shown = rule(entry.get("Description") or "")
            if entry[key] == resource_id:
                shown["self"] = True
            else:
                shown[name].append(entry[key])
    yield from by_text.values()


def _delete(call: Call, resource_id: str, state: Values) -> None:
    def delete() -> dict[str, Any]:
        return call.aws("ec2", "delete_security_group", GroupId=resource_id)

    revoking = bool(state.get("revokeRulesOnDelete"))
    if revoking:
        _revoke_all(call, resource_id, everywhere=False)
    try:
        call.retry(_IN_USE, delete, limit=min(_FIRST_TRY_SECONDS, call.timeout / 2))
    except AwsError as error:
        if not error.matches(_IN_USE):
            raise
        if revoking:
            _revoke_all(call, resource_id, everywhere=True)
        call.retry(_IN_USE, delete)
    wait_gone(call, f"Security Group ({resource_id})", lambda: find_group(call, resource_id))


def _revoke_all(call: Call, resource_id: str, *, everywhere: bool) -> None:
    """Revoke the group's own rules, and the rules of other groups that name it.

    Other groups are those that its own rules name, or all groups that name it.

    Source: terraform-provider-aws internal/service/ec2/vpc_security_group.go, forceRevokeSecurityGroupRules.
    """
    group = find_group(call, resource_id)
    if group is None:
        return
    others = _naming(call, resource_id) if everywhere else _named(call, group)
    for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        _revoke(call, resource_id, direction, group.get(key, []))
        for other in others:
            _revoke(call, other["GroupId"], direction, _about(resource_id, other.get(key, [])))


def _named(call: Call, group: Mapping[str, Any]) -> list[dict[str, Any]]:
    permissions = [*group.get("IpPermissions", []), *group.get("IpPermissionsEgress", [])]
    ids = {pair["GroupId"] for item in permissions for pair in item.get("UserIdGroupPairs", [])}
    found = (find_group(call, resource_id) for resource_id in sorted(ids - {group["GroupId"]}))
    return [other for other in found if other]


def _naming(call: Call, resource_id: str) -> list[dict[str, Any]]:
    found = {
        other["GroupId"]: other
        for name in ("ip-permission.group-id", "egress.ip-permission.group-id")
        for other in call.pages(
            "ec2",
            "describe_security_groups",
            "SecurityGroups",
            Filters=[{"Name": name, "Values": [resource_id]}],
        )
    }
    return [other for other_id, other in found.items() if other_id != resource_id]


def _about(resource_id: str, permissions: Permissions) -> Permissions:
    """Return only the parts of the rules that name the group."""
    chosen = []
    for item in permissions:
        pairs = [pair for pair in item.get("UserIdGroupPairs", []) if pair["GroupId"] == resource_id]
        if pairs:
            whole = {name: item[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in item}
            chosen.append(whole | {"UserIdGroupPairs": pairs})
    return chosen


def _short(value: Any) -> str | None:
    if not 1 <= len(value) <= _LONGEST_TEXT:
        return f"expected 1 to {_LONGEST_TEXT} characters, got {len(value)}"
    return None


def _name(value: Any) -> str | None:
    return f"may not start with sg-, got {value!r}" if value.startswith("sg-") else _short(value)


SECURITY_GROUP: Final = Resource(
    type_name="aws:ec2/securityGroup:SecurityGroup",
    sdk="pulumi_aws.ec2.security_group:SecurityGroup",
    title="Security Group",
    source="terraform-provider-aws internal/service/ec2/vpc_security_group.go; "
    "pulumi-aws provider/resource_overrides.go (description)",
    properties={
        "description": Property(replaces=True, default=_MANAGED, check=_short),
        "name": Property(replaces=True, computed=True, check=_name),
        "region": REGION,
        "revokeRulesOnDelete": Property(default=False, write_only=True),
        "tags": TAGS,
        "vpcId": Property(replaces=True, computed=True),
    },
    create=_create,
    created=_revoke_default_egress,
    read=_read,
    delete=_delete,
    tagger=tagger(),
    autoname=Autoname(),
    timeouts=Timeouts(create=600, update=600, delete=900),
    gone=GROUP_GONE,
)


# Default group


def _adopt(call: Call, inputs: Values) -> str:
    wanted = {"group-name": "default", **({"vpc-id": inputs["vpcId"]} if inputs.get("vpcId") else {})}
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    group = find(call, "describe_security_groups", "SecurityGroups", (), Filters=filters)
    if group is None:
        raise PluginError(
            f"reading Default Security Group: no default group in {inputs.get('vpcId', 'the account')}"
        )
    return str(group["GroupId"])


def _empty(call: Call, resource_id: str, inputs: Values) -> None:
    group = find_group(call, resource_id) or {}
    before = tags_of(group)
    after: dict[str, str] = inputs["tagsAll"]
    setting = {key: value for key, value in after.items() if before.get(key) != value}
    tagger()(call, {"id": resource_id}, setting, sorted(key for key in before if key not in after))
    _revoke_all(call, resource_id, everywhere=False)


def _leave(_call: Call, _id: str, _state: Values) -> None:
    """Keep the group: EC2 lets nobody delete it."""


DEFAULT_SECURITY_GROUP: Final = Resource(
    type_name="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    sdk="pulumi_aws.ec2.default_security_group:DefaultSecurityGroup",
    title="Default Security Group",
    source="terraform-provider-aws internal/service/ec2/vpc_default_security_group.go: adopts the group, "
    "empties it, leaves it on delete",
    properties={
        "region": REGION,
        "revokeRulesOnDelete": Property(default=False, write_only=True),
        "tags": TAGS,
        "vpcId": Property(replaces=True, computed=True),
    },
    create=_adopt,
    created=_empty,
    read=_read,
    delete=_leave,
    tagger=tagger(),
    gone=GROUP_GONE,
)

RECORDS: Final = (SECURITY_GROUP, DEFAULT_SECURITY_GROUP)
