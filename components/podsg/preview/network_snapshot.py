"""Subnets and security groups of a stack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from podsg.model.snapshot import GroupRule, Maybe, SecurityGroup, Subnet, Unknown, addresses_for_use
from podsg.preview.references import References
from podsg.preview.resources import Resource, has_unknown

VPC: Final = "aws:ec2/vpc:Vpc"
SUBNET: Final = "aws:ec2/subnet:Subnet"
GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
ROUTE: Final = "aws:ec2/route:Route"
ROUTE_TABLE: Final = "aws:ec2/routeTable:RouteTable"
ASSOCIATION: Final = "aws:ec2/routeTableAssociation:RouteTableAssociation"
_ANYWHERE: Final = "0.0.0.0/0"


def subnets(references: References) -> tuple[Subnet, ...]:
    """Return the subnets of a stack, each with what its route table does."""
    routes = _default_routes(references)
    tables = {
        references.one(one, "subnetId", SUBNET): references.one(one, "routeTableId", ROUTE_TABLE)
        for one in references.of_type(ASSOCIATION)
    }
    return tuple(
        _subnet(references, one, routes.get(tables.get(references.id_of(one)), "none"))
        for one in references.of_type(SUBNET)
    )


def security_groups(references: References) -> tuple[SecurityGroup, ...]:
    """Return the security groups of a stack, with rules of every form."""
    rules: defaultdict[Any, list[GroupRule]] = defaultdict(list)
    for one, is_ingress in _rules_of_their_own(references):
        owner = references.one(one, "securityGroupId", GROUP)
        rules[owner].append(_rule(references, one, is_ingress=is_ingress))
    for one in references.of_type(RULE):
        rules[references.one(one, "securityGroupId", GROUP)] += _old_rules(references, one)
    lost = [owner for owner in rules if isinstance(owner, Unknown)]
    found = []
    for one in references.of_type(GROUP):
        id_ = references.id_of(one)
        known = (*_inline(one), *rules[id_])
        found.append(
            SecurityGroup(
                one.place,
                id_,
                vpc_id=references.one(one, "vpcId", VPC),
                rules=Unknown("a rule's security group is not known") if lost else known,
                tags=one.value("tags", {}),
                depends_on=references.names_before(one),
            )
        )
    return tuple(found)


def _subnet(references: References, one: Resource, route: str) -> Subnet:
    cidr = one.value("cidrBlock")
    free: Maybe[int] = cidr if isinstance(cidr, Unknown) else one.unknown("cidrBlock")
    if isinstance(cidr, str):
        free = addresses_for_use(cidr)
    return Subnet(
        one.place,
        references.id_of(one),
        vpc_id=references.one(one, "vpcId", VPC),
        cidr=cidr,
        zone=one.value("availabilityZone", one.unknown("availabilityZone")),
        free_addresses=free,
        default_route=route,
    )


def _default_routes(references: References) -> dict[Any, str]:
    """Return what 0.0.0.0/0 leads to, by route table."""
    found = {}
    for one in references.of_type(ROUTE):
        if one.inputs.get("destinationCidrBlock") == _ANYWHERE:
            found[references.one(one, "routeTableId", ROUTE_TABLE)] = _leads_to(one.inputs)
    for one in references.of_type(ROUTE_TABLE):
        for route in one.inputs.get("routes") or []:
            if route.get("cidrBlock") == _ANYWHERE:
                found[references.id_of(one)] = _leads_to(route)
    return found


def _leads_to(route: Mapping[str, Any]) -> str:
    if route.get("natGatewayId"):
        return "nat"
    return "internet" if route.get("gatewayId") else "other"


def _rules_of_their_own(references: References) -> Iterator[tuple[Resource, bool]]:
    yield from ((one, True) for one in references.of_type(INGRESS))
    yield from ((one, False) for one in references.of_type(EGRESS))


def _rule(references: References, one: Resource, *, is_ingress: bool) -> GroupRule:
    return GroupRule(
        is_ingress,
        one.value("ipProtocol"),
        _port(one.value("fromPort", -1)),
        _port(one.value("toPort", -1)),
        peer_group_id=references.one(one, "referencedSecurityGroupId", GROUP),
        peer_cidr=one.value("cidrIpv4"),
        peer_prefix_list_id=one.value("prefixListId"),
    )


def _old_rules(references: References, one: Resource) -> Iterator[GroupRule]:
    peer = references.one(one, "sourceSecurityGroupId", GROUP)
    if one.value("self", default=False) is True:
        peer = references.one(one, "securityGroupId", GROUP)
    for cidr in one.inputs.get("cidrBlocks") or [None]:
        yield GroupRule(
            one.inputs.get("type") == "ingress",
            one.value("protocol"),
            _port(one.value("fromPort", -1)),
            _port(one.value("toPort", -1)),
            peer_group_id=peer,
            peer_cidr=one.unknown("cidrBlocks") if has_unknown(cidr) else cidr,
        )


def _inline(group: Resource) -> Iterator[GroupRule]:
    for key in ("ingress", "egress"):
        for rule in group.inputs.get(key) or []:
            for kind, peers in (("cidr", rule.get("cidrBlocks")), ("group", rule.get("securityGroups"))):
                for peer in peers or []:
                    known = group.unknown(key) if has_unknown(peer) else peer
                    yield GroupRule(
                        key == "ingress",
                        rule.get("protocol"),
                        _port(rule.get("fromPort", -1)),
                        _port(rule.get("toPort", -1)),
                        peer_group_id=known if kind == "group" else None,
                        peer_cidr=known if kind == "cidr" else None,
                    )


def _port(value: Maybe[Any]) -> Maybe[int]:
    return value if isinstance(value, Unknown) else int(value)
