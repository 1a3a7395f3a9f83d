"""Whether an instance finds its way to the cluster's API and to the registries that its node needs.

Source: EKS user guide, "Amazon EKS networking requirements" and "Deploy private clusters with limited
internet access" (endpoints); VPC user guide, "NAT gateways" (a public one needs an internet gateway).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends

from lab.aws.ec2.launching import instance_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.aws.eks.state import Cluster

ANYWHERE = "0.0.0.0/0"
INTERFACE_SERVICES = ("ec2", "ecr.api", "ecr.dkr", "sts")
GATEWAY_SERVICE = "s3"


def has_way_out(cluster: Cluster, account_id: str, region: str, instance_id: str) -> bool:
    """Tell whether an instance reaches what its kubelet needs.

    That is a route to an available NAT gateway, or to the internet gateway and a public address, or interface
    endpoints for ec2, ecr.api, ecr.dkr and sts with a gateway endpoint for s3, if the cluster's endpoint is
    private too.
    """
    backend: Any = ec2_backends[account_id][region]
    instance = instance_of(region, instance_id)
    if instance is None or instance.subnet_id not in _subnets(backend):
        return False
    backend.settle()
    target = _default_route(backend, instance.subnet_id)
    if target is not None and target.nat_gateway is not None:
        return _is_open(backend, target.nat_gateway)
    if _leads_to_internet(target):
        return bool(getattr(instance, "public_ip", None))
    private = cluster.description["resourcesVpcConfig"]["endpointPrivateAccess"]
    return bool(private) and _has_endpoints(backend, region, instance.subnet_id)


def public_without_addresses(account_id: str, region: str, subnet_ids: Iterable[str]) -> list[str]:
    """Return the subnets that lead to an internet gateway but give their instances no public address."""
    backend: Any = ec2_backends[account_id][region]
    return [
        each
        for each in subnet_ids
        if _leads_to_internet(_default_route(backend, each))
        and str(backend.get_subnet(each).map_public_ip_on_launch).lower() != "true"
    ]


def _subnets(backend: Any) -> set[str]:
    return {subnet_id for zone in backend.subnets.values() for subnet_id in zone}


def _table(backend: Any, subnet_id: str) -> Any:
    """Return the route table that a subnet uses: its own, else the VPC's main one."""
    associated = [table_id for _, table_id in backend.associations_of(subnet_id)]
    if associated:
        return backend.route_tables[associated[0]]
    vpc_id = backend.get_subnet(subnet_id).vpc_id
    tables = list(backend.route_tables.values())
    return next(item for item in tables if item.vpc_id == vpc_id and item.main_association_id)


def _default_route(backend: Any, subnet_id: str) -> Any:
    routes = _table(backend, subnet_id).routes
    return next((route for route in routes if route.destination_cidr_block == ANYWHERE), None)


def _leads_to_internet(route: Any) -> bool:
    if route is None or route.gateway is None:
        return False
    return str(route.gateway.id).startswith("igw-") and route.state == "active"


def _is_open(backend: Any, gateway: Any) -> bool:
    return gateway.state == "available" and _leads_to_internet(_default_route(backend, gateway.subnet_id))


def _has_endpoints(backend: Any, region: str, subnet_id: str) -> bool:
    vpc_id, table = backend.get_subnet(subnet_id).vpc_id, _table(backend, subnet_id)
    present = [
        each
        for each in backend.vpc_end_points.values()
        if each.vpc_id == vpc_id and each.state == "available"
    ]
    names = {each.service_name for each in present if each.is_interface and each.private_dns_enabled}
    wanted = {f"com.amazonaws.{region}.{service}" for service in INTERFACE_SERVICES}
    storage = f"com.amazonaws.{region}.{GATEWAY_SERVICE}"
    routed = any(each.service_name == storage and table.id in each.route_table_ids for each in present)
    return wanted <= names and routed
