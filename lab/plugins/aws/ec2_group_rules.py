"""Security group rules, one resource each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_network
from lab.plugins.aws.ec2_calls import find, tagger, tags_of
from lab.plugins.aws.ec2_groups import GROUP_GONE
from lab.plugins.aws.ec2_vpc import ipv4_network
from lab.plugins.aws.record import REGION, TAGS, Change, Property, Resource, Values
from lab.plugins.wire import UNKNOWN

_GONE: Final = GROUP_GONE | {"InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound"}
_ALL: Final = "-1"
_PROTOCOLS: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": _ALL}
"""Source: terraform-provider-aws internal/service/ec2/vpc_security_group_rule_ip_protocol.go."""
_SOURCES: Final = {
    "cidrIpv4": ("IpRanges", "CidrIp", "CidrIpv4"),
    "cidrIpv6": ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
    "prefixListId": ("PrefixListIds", "PrefixListId", "PrefixListId"),
    "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId", "ReferencedGroupId"),
}
"""Key and member in an IpPermission, member of a SecurityGroupRuleRequest."""


def _protocol(value: Any) -> str:
    return _PROTOCOLS.get(str(value).lower(), str(value).lower())


def same_protocol(left: Any, right: Any) -> bool:
    """Compare protocols by name or number."""
    return _protocol(left) == _protocol(right)


def _permission(inputs: Values) -> dict[str, Any]:
    name = next(name for name in _SOURCES if inputs.get(name))
    key, member, _ = _SOURCES[name]
    source: dict[str, Any] = {member: inputs[name]}
    if inputs.get("description"):
        source["Description"] = inputs["description"]
    ports = {"FromPort": inputs.get("fromPort"), "ToPort": inputs.get("toPort")}
    given = {name: port for name, port in ports.items() if port is not None}
    return {"IpProtocol": _protocol(inputs["ipProtocol"]), **given, key: [source]}


def _creator(direction: str) -> Callable[[Call, Values], str]:
    def create(call: Call, inputs: Values) -> str:
        answer = call.aws(
            "ec2",
            f"authorize_security_group_{direction}",
            GroupId=inputs["securityGroupId"],
            IpPermissions=[_permission(inputs)],
            TagSpecifications=tagging.specification("security-group-rule", inputs),
        )
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    return create


def _find(call: Call, resource_id: str) -> dict[str, Any] | None:
    return find(
        call, "describe_security_group_rules", "SecurityGroupRules", _GONE, SecurityGroupRuleIds=[resource_id]
    )


def _reader(egress: bool) -> Callable[[Call, str, Values], Values | None]:  # noqa: FBT001 - part of a pair
    def read(call: Call, resource_id: str, _: Values) -> Values | None:
        rule = _find(call, resource_id)
        if rule is None or bool(rule["IsEgress"]) != egress:
            return None
        every = rule["IpProtocol"] == _ALL
        return {
            "arn": call.session.arn("ec2", f"security-group-rule/{resource_id}", call.region),
            "cidrIpv4": rule.get("CidrIpv4"),
            "cidrIpv6": rule.get("CidrIpv6"),
            "description": rule.get("Description") or None,
            "fromPort": None if every else rule.get("FromPort"),
            "ipProtocol": rule["IpProtocol"],
            "prefixListId": rule.get("PrefixListId"),
            "referencedSecurityGroupId": (rule.get("ReferencedGroupInfo") or {}).get("GroupId"),
            "securityGroupId": rule["GroupId"],
            "securityGroupRuleId": resource_id,
            "tagsAll": tags_of(rule),
            "toPort": None if every else rule.get("ToPort"),
        }

    return read


def _update(call: Call, resource_id: str, change: Change) -> None:
    if not change.touches(*_SOURCES, "description", "fromPort", "ipProtocol", "toPort"):
        return
    new = change.new
    every = _protocol(new["ipProtocol"]) == _ALL
    request = {
        "Description": new.get("description"),
        "FromPort": -1 if every else new.get("fromPort"),
        "IpProtocol": _protocol(new["ipProtocol"]),
        "ToPort": -1 if every else new.get("toPort"),
    } | {member: new.get(name) for name, (_, _, member) in _SOURCES.items()}
    rule = {name: value for name, value in request.items() if value is not None}
    call.aws(
        "ec2",
        "modify_security_group_rules",
        GroupId=new["securityGroupId"],
        SecurityGroupRules=[{"SecurityGroupRuleId": resource_id, "SecurityGroupRule": rule}],
    )


def _deleter(direction: str) -> Callable[[Call, str, Values], None]:
    def delete(call: Call, resource_id: str, state: Values) -> None:
        call.aws(
            "ec2",
            f"revoke_security_group_{direction}",
            GroupId=state["securityGroupId"],
            SecurityGroupRuleIds=[resource_id],
        )

    return delete


def _consistent(inputs: Values) -> Iterator[tuple[str, str]]:
    given = sorted(name for name in _SOURCES if inputs.get(name) is not None)
    if len(given) != 1:
        yield (given or ["cidrIpv4"])[-1], f"exactly one of {sorted(_SOURCES)} is needed, got {given}"
    if inputs["ipProtocol"] is UNKNOWN:
        return
    for name in ("fromPort", "toPort"):
        needed = _protocol(inputs["ipProtocol"]) in {"tcp", "udp", "icmp", "icmpv6"}
        if needed and inputs.get(name) is None:
            yield name, f"is needed with ipProtocol {inputs['ipProtocol']}"
        if _protocol(inputs["ipProtocol"]) == _ALL and inputs.get(name) is not None:
            yield name, "all protocols have no ports: leave it out with ipProtocol -1"


def _record(kind: str, direction: str) -> Resource:
    name = f"SecurityGroup{kind}Rule"
    return Resource(
        type_name=f"aws:vpc/securityGroup{kind}Rule:{name}",
        sdk=f"pulumi_aws.vpc.security_group_{direction}_rule:{name}",
        title=f"VPC Security Group {kind} Rule",
        source=f"terraform-provider-aws internal/service/ec2/vpc_security_group_{direction}_rule.go: "
        "only the group replaces, all else goes through ModifySecurityGroupRules",
        properties={
            "cidrIpv4": Property(check=ipv4_network),
            "cidrIpv6": Property(same=same_network),
            "description": Property(),
            "fromPort": Property(same=lambda left, right: left == right),
            "ipProtocol": Property(same=same_protocol),
            "prefixListId": Property(),
            "referencedSecurityGroupId": Property(),
            "region": REGION,
            "securityGroupId": Property(replaces=True),
            "tags": TAGS,
            "toPort": Property(same=lambda left, right: left == right),
        },
        create=_creator(direction),
        read=_reader(egress=direction == "egress"),
        update=_update,
        delete=_deleter(direction),
        tagger=tagger(),
        gone=_GONE,
        validate=_consistent,
    )


RECORDS: Final = (_record("Ingress", "ingress"), _record("Egress", "egress"))
