"""Route tables, routes and their associations."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_network
from lab.plugins.aws.ec2_calls import find, tagger, tags_of, wait_gone
from lab.plugins.aws.ec2_vpc import ipv4_network
from lab.plugins.aws.record import REGION, TAGS, Change, Property, Resource, Timeouts, Values
from lab.plugins.interface import PluginError

_TABLE_GONE: Final = frozenset({"InvalidRouteTableID.NotFound", "InvalidRouteTableId.NotFound"})
_ASSOCIATION_GONE: Final = frozenset({"InvalidAssociationID.NotFound"})
_DESTINATIONS: Final = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_TARGETS: Final = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}

# Route table


def _find_table(call: Call, resource_id: str) -> dict[str, Any] | None:
    return find(call, "describe_route_tables", "RouteTables", _TABLE_GONE, RouteTableIds=[resource_id])


def _create_table(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2",
        "create_route_table",
        VpcId=inputs["vpcId"],
        TagSpecifications=tagging.specification("route-table", inputs),
    )
    return str(answer["RouteTable"]["RouteTableId"])


def _read_table(call: Call, resource_id: str, _: Values) -> Values | None:
    table = _find_table(call, resource_id)
    if table is None:
        return None
    return {
        "arn": call.session.arn("ec2", f"route-table/{resource_id}", call.region),
        "ownerId": table.get("OwnerId") or call.session.account,
        "propagatingVgws": [],
        "routes": [_inline(route) for route in table.get("Routes", []) if _is_own(route)],
        "tagsAll": tags_of(table),
        "vpcId": table["VpcId"],
    }


def _is_own(route: Mapping[str, Any]) -> bool:
    """Say whether the route table resource shows a route: neither local nor of a gateway endpoint."""
    gateway = route.get("GatewayId") or ""
    endpoint = gateway.startswith("vpce-") and route.get("DestinationPrefixListId")
    return gateway != "local" and route.get("Origin") != "EnableVgwRoutePropagation" and not endpoint


def _inline(route: Mapping[str, Any]) -> Values:
    targets = {
        name: route.get(parameter) or "" for name, parameter in _TARGETS.items() if name != "vpcEndpointId"
    }
    return targets | {
        "cidrBlock": route.get("DestinationCidrBlock") or "",
        "ipv6CidrBlock": route.get("DestinationIpv6CidrBlock") or "",
        "destinationPrefixListId": route.get("DestinationPrefixListId") or "",
    }


def _delete_table(call: Call, resource_id: str, _: Values) -> None:
    table = _find_table(call, resource_id)
    for association in (table or {}).get("Associations", []):
        if not association.get("Main"):
            _disassociate(call, association["RouteTableAssociationId"])
    call.aws("ec2", "delete_route_table", RouteTableId=resource_id)
    wait_gone(call, f"EC2 Route Table ({resource_id})", lambda: _find_table(call, resource_id))


ROUTE_TABLE: Final = Resource(
    type_name="aws:ec2/routeTable:RouteTable",
    sdk="pulumi_aws.ec2.route_table:RouteTable",
    title="EC2 Route Table",
    source="terraform-provider-aws internal/service/ec2/vpc_route_table.go; its delete disassociates subnets",
    properties={"region": REGION, "tags": TAGS, "vpcId": Property(replaces=True)},
    create=_create_table,
    read=_read_table,
    delete=_delete_table,
    tagger=tagger(),
    timeouts=Timeouts(create=300, update=120, delete=300),
    gone=_TABLE_GONE,
)

# Route


def _destination(values: Mapping[str, Any]) -> dict[str, str]:
    return {parameter: values[name] for name, parameter in _DESTINATIONS.items() if values.get(name)}


def _find_route(call: Call, table_id: str, destination: Mapping[str, str]) -> dict[str, Any] | None:
    table = _find_table(call, table_id)
    for route in (table or {}).get("Routes", []):
        if all(same_network(route.get(name), value) for name, value in destination.items()):
            found: dict[str, Any] = route
            return found
    return None


def _create_route(call: Call, inputs: Values) -> str:
    table_id, destination = inputs["routeTableId"], _destination(inputs)
    shown = next(iter(destination.values()))
    existing = _find_route(call, table_id, destination)
    if existing and existing.get("Origin") == "CreateRoute":
        raise PluginError(f"Route in Route Table ({table_id}) with destination ({shown}) already exists")
    targets = {parameter: inputs[name] for name, parameter in _TARGETS.items() if inputs.get(name)}
    call.retry(
        {"InvalidParameterException", "InvalidNatGatewayID.NotFound", "InvalidTransitGatewayID.NotFound"},
        lambda: call.aws("ec2", "create_route", RouteTableId=table_id, **destination, **targets),
    )
    return f"r-{table_id}{zlib.crc32(shown.encode())}"


def _read_route(call: Call, resource_id: str, state: Values) -> Values | None:
    known = state if state.get("routeTableId") else _route_from_import(resource_id)
    route = _find_route(call, known["routeTableId"], _destination(known))
    if route is None:
        return None
    outputs: Values = {name: route.get(parameter) or "" for name, parameter in _TARGETS.items()}
    outputs |= {name: known.get(name) for name in _DESTINATIONS if known.get(name)}
    if outputs["gatewayId"].startswith("vpce-"):
        outputs |= {"gatewayId": "", "vpcEndpointId": outputs["gatewayId"]}
    return outputs | {
        "instanceId": route.get("InstanceId") or "",
        "instanceOwnerId": route.get("InstanceOwnerId") or "",
        "origin": route.get("Origin") or "CreateRoute",
        "routeTableId": known["routeTableId"],
        "state": route.get("State") or "active",
    }


def _route_from_import(resource_id: str) -> Values:
    """Read an import id.

    Source: the provider's documentation of aws.ec2.Route, "Import": `ROUTETABLEID_DESTINATION`.
    """
    table_id, _, destination = resource_id.partition("_")
    if destination.startswith("pl-"):
        return {"routeTableId": table_id, "destinationPrefixListId": destination}
    name = "destinationIpv6CidrBlock" if ":" in destination else "destinationCidrBlock"
    return {"routeTableId": table_id, name: destination}


def _update_route(call: Call, _: str, change: Change) -> None:
    if not change.touches(*_TARGETS):
        return
    targets = {parameter: change.new[name] for name, parameter in _TARGETS.items() if change.new.get(name)}
    call.aws(
        "ec2", "replace_route", RouteTableId=change.new["routeTableId"], **_destination(change.new), **targets
    )


def _delete_route(call: Call, _: str, state: Values) -> None:
    destination = _destination(state)
    call.retry(
        {"InvalidParameterException"},
        lambda: call.aws("ec2", "delete_route", RouteTableId=state["routeTableId"], **destination),
    )


def _one_each(inputs: Values) -> Iterator[tuple[str, str]]:
    for what, names in (("destination", _DESTINATIONS), ("target", _TARGETS)):
        given = sorted(name for name in names if inputs.get(name) is not None)
        if len(given) != 1:
            yield (
                given[-1] if given else next(iter(names)),
                (f"a route has exactly one {what} of {sorted(names)}, got {given}"),
            )


ROUTE: Final = Resource(
    type_name="aws:ec2/route:Route",
    sdk="pulumi_aws.ec2.route:Route",
    title="EC2 Route",
    source="terraform-provider-aws internal/service/ec2/vpc_route.go",
    properties={
        **{name: Property() for name in _TARGETS},
        "networkInterfaceId": Property(computed=True),
        "destinationCidrBlock": Property(replaces=True, same=same_network, check=ipv4_network),
        "destinationIpv6CidrBlock": Property(replaces=True, same=same_network),
        "destinationPrefixListId": Property(replaces=True),
        "region": REGION,
        "routeTableId": Property(replaces=True),
    },
    create=_create_route,
    read=_read_route,
    update=_update_route,
    delete=_delete_route,
    timeouts=Timeouts(create=300, update=120, delete=300),
    gone=_TABLE_GONE | {"InvalidRoute.NotFound"},
    validate=_one_each,
)

# Association


def _associate(call: Call, inputs: Values) -> str:
    answer = call.retry(
        _TABLE_GONE,
        lambda: call.aws(
            "ec2",
            "associate_route_table",
            RouteTableId=inputs["routeTableId"],
            SubnetId=inputs.get("subnetId"),
            GatewayId=inputs.get("gatewayId"),
        ),
        limit=60,
    )
    return str(answer["AssociationId"])


def _find_association(call: Call, resource_id: str, state: Values) -> dict[str, Any] | None:
    """Find by id, else by what it associates: an update gives it another id."""
    by_id = [{"Name": "association.route-table-association-id", "Values": [resource_id]}]
    by_subnet = [{"Name": "association.subnet-id", "Values": [state.get("subnetId") or "-"]}]
    for filters in (by_id, by_subnet):
        table = find(call, "describe_route_tables", "RouteTables", _TABLE_GONE, Filters=filters) or {}
        for item in table.get("Associations", []):
            ours = item["RouteTableAssociationId"] == resource_id or item.get("SubnetId") == state.get(
                "subnetId", "-"
            )
            if ours and (item.get("AssociationState") or {}).get("State") not in {"disassociated", "failed"}:
                found: dict[str, Any] = item
                return found
    return None


def _read_association(call: Call, resource_id: str, state: Values) -> Values | None:
    item = _find_association(call, resource_id, state)
    if item is None:
        return None
    return {
        "gatewayId": item.get("GatewayId") or "",
        "routeTableId": item["RouteTableId"],
        "subnetId": item.get("SubnetId") or "",
    }


def _move_association(call: Call, resource_id: str, change: Change) -> None:
    item = _find_association(call, resource_id, change.old)
    if item and change.touches("routeTableId"):
        call.aws(
            "ec2",
            "replace_route_table_association",
            AssociationId=item["RouteTableAssociationId"],
            RouteTableId=change.new["routeTableId"],
        )


def _disassociate(call: Call, resource_id: str) -> None:
    call.found(
        _ASSOCIATION_GONE, lambda: call.aws("ec2", "disassociate_route_table", AssociationId=resource_id)
    )


def _delete_association(call: Call, resource_id: str, state: Values) -> None:
    item = _find_association(call, resource_id, state)
    if item:
        _disassociate(call, item["RouteTableAssociationId"])
        wait_gone(
            call,
            f"EC2 Route Table Association ({resource_id})",
            lambda: _find_association(call, resource_id, state),
        )


def _one_end(inputs: Values) -> Iterator[tuple[str, str]]:
    if (inputs.get("subnetId") is None) == (inputs.get("gatewayId") is None):
        yield "subnetId", "exactly one of subnetId and gatewayId is needed"


ASSOCIATION: Final = Resource(
    type_name="aws:ec2/routeTableAssociation:RouteTableAssociation",
    sdk="pulumi_aws.ec2.route_table_association:RouteTableAssociation",
    title="EC2 Route Table Association",
    source="terraform-provider-aws internal/service/ec2/vpc_route_table_association.go",
    properties={
        "gatewayId": Property(replaces=True),
        "region": REGION,
        "routeTableId": Property(),
        "subnetId": Property(replaces=True),
    },
    create=_associate,
    read=_read_association,
    update=_move_association,
    delete=_delete_association,
    timeouts=Timeouts(create=300, update=120, delete=300),
    gone=_ASSOCIATION_GONE,
    validate=_one_end,
)

RECORDS: Final = (ROUTE_TABLE, ROUTE, ASSOCIATION)
