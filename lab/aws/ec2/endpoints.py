"""VPC endpoints: gateway endpoints with their routes, interface endpoints with their network interfaces."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import InvalidRouteError, InvalidRouteTableIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models import vpcs as stock
from moto.ec2.utils import random_resource_id

from lab.aws.ec2.nat import TRANSITION_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INTERFACE = "Interface"
GATEWAY = "Gateway"


@dataclass(frozen=True)
class IdChange:
    """Say what a request does to a list of ids: which stay, which are new, which it removes."""

    kept: list[str]
    new: list[str]
    removed: list[str]

    @property
    def named(self) -> list[str]:
        """Return all ids that the request names."""
        return [*self.new, *self.removed]

    @property
    def after(self) -> list[str]:
        """Return the ids that are there afterwards."""
        return [*self.kept, *self.new]


class VPCEndPoint(stock.VPCEndPoint):
    """Hold what an endpoint has made; the class keeps moto's name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build moto's endpoint; one with interfaces begins as pending.

        Source: AWS PrivateLink guide, "Access an AWS service using an interface VPC endpoint" (state).
        """
        super().__init__(*args, **kwargs)
        self.subnet_ids: list[str] = []
        self.ip_address_type = "ipv4"
        self.requester_managed = False
        self._zone_id, self._suffix = random_resource_id(13).upper(), random_resource_id(8)
        self._due = 0.0
        if self.is_interface:
            self.begin("pending")

    @property
    def is_interface(self) -> bool:
        """Tell whether the endpoint has network interfaces."""
        return self.vpc_endpoint_type == INTERFACE

    def begin(self, state: str) -> None:
        """Enter a state that ends a moment later."""
        self.state = state
        self._due = time.monotonic() + TRANSITION_SECONDS

    def settle(self) -> bool:
        """Make the step that is due; tell whether the endpoint has to go."""
        if time.monotonic() < self._due:
            return False
        if self.state == "pending":
            self.state = "available"
        return self.state == "deleting"

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        """Return the value that a filter of DescribeVpcEndpoints compares."""
        if filter_name == "vpc-endpoint-id":
            return self.id
        return super().get_filter_value(filter_name, method_name)

    def join(self, subnet_id: str) -> None:
        """Make the interface in a subnet: it carries the endpoint's groups.

        Source: EC2 API reference, CreateVpcEndpoint (SubnetIds, SecurityGroupIds).
        """
        subnet = self.ec2_backend.get_subnet(subnet_id)
        interface = self.ec2_backend.create_network_interface(
            subnet, None, group_ids=self.security_group_ids, description=f"VPC Endpoint Interface {self.id}"
        )
        interface.attach_to_service("amazon-aws", "vpc_endpoint")
        self.network_interface_ids.append(interface.id)
        self.subnet_ids.append(subnet_id)

    def leave(self, subnet_ids: Iterable[str]) -> None:
        """Remove the interfaces in these subnets."""
        gone = set(subnet_ids)
        for interface_id in list(self.network_interface_ids):
            if self.ec2_backend.enis[interface_id].subnet.id in gone:
                self.ec2_backend.remove_interface(interface_id)
                self.network_interface_ids.remove(interface_id)
        self.subnet_ids = [subnet_id for subnet_id in self.subnet_ids if subnet_id not in gone]

    def set_groups(self, group_ids: Sequence[str]) -> None:
        """Give the endpoint and all its interfaces other groups."""
        self.security_group_ids = list(group_ids)
        groups = [self.ec2_backend.get_security_group_from_id(group_id) for group_id in group_ids]
        for interface_id in self.network_interface_ids:
            self.ec2_backend.enis[interface_id].set_groups(groups)

    def route_from(self, table_ids: Iterable[str]) -> None:
        """Add the route to the service's prefix list to route tables.

        Source: AWS PrivateLink guide, "Gateway endpoints" (routing).
        """
        for table_id in table_ids:
            if table_id not in self.route_table_ids:
                self.route_table_ids.append(table_id)
            self.ec2_backend.create_route(
                table_id,
                None,
                gateway_id=self.id,
                destination_prefix_list_id=self.destination_prefix_list_id,
            )

    def unroute(self, table_ids: Iterable[str]) -> None:
        """Take that route away again; a route or table that is gone already does not matter."""
        gone = set(table_ids)
        for table_id in gone:
            with suppress(InvalidRouteError, InvalidRouteTableIdError):
                self.ec2_backend.delete_route(table_id, self.destination_prefix_list_id)
        self.route_table_ids = [table_id for table_id in self.route_table_ids if table_id not in gone]

    def publish(self) -> None:
        """Write the DNS names: of the endpoint, of each zone, and the service's own if it is private.

        Source: AWS PrivateLink guide, "Access an AWS service using an interface VPC endpoint" (DNS names).
        """
        service = self.ec2_backend.endpoint_services(self.service_name)[0]
        label, base = f"{self.id}-{self._suffix}", service["BaseEndpointDnsNames"][0]
        zones = sorted(
            self.ec2_backend.get_subnet(subnet_id).availability_zone for subnet_id in self.subnet_ids
        )
        names = [f"{label}.{base}", *(f"{label}-{zone}.{base}" for zone in zones)]
        if self.private_dns_enabled:
            names.append(service["PrivateDnsName"])
        self.dns_entries = [{"dns_name": name, "hosted_zone_id": self._zone_id} for name in names]

    def change(
        self,
        *,
        subnets: IdChange,
        groups: IdChange,
        tables: IdChange,
        policy: str | None,
        private: bool | None,
    ) -> None:
        """Make a checked change; the endpoint is pending while its interfaces or names change."""
        self.policy_document = policy or self.policy_document
        self.unroute(tables.removed)
        self.route_from(tables.new)
        if not self.is_interface:
            return
        self.set_groups(groups.after)
        self.leave(subnets.removed)
        for subnet_id in subnets.new:
            self.join(subnet_id)
        if private is not None:
            self.private_dns_enabled = private
        if subnets.named or private is not None:
            self.begin("pending")
            self.publish()


class EndpointBackend(EC2Backend):
    """Make and remove endpoints; what callers may not do is refused before."""

    def endpoint_services(self, service_name: str) -> list[dict[str, Any]]:
        """Return what is known of a service, one entry per kind of endpoint that it offers.

        Raises:
            InvalidServiceName: there is no such service in the region.
        """
        found = self.describe_vpc_endpoint_services([service_name], [], 0, None, self.region_name)
        return list(found["servicesDetails"])

    def create_vpc_endpoint(self, *args: Any, **kwargs: Any) -> Any:
        """Create an endpoint; without groups an interface endpoint has the VPC's default group.

        Source: EC2 API reference, CreateVpcEndpoint (SecurityGroupIds).
        """
        kwargs["endpoint_type"] = kind = kwargs.get("endpoint_type") or GATEWAY
        wanted, kwargs["subnet_ids"] = kwargs.get("subnet_ids") or [], []
        kwargs["private_dns_enabled"] = bool(kwargs.get("private_dns_enabled")) and kind == INTERFACE
        endpoint: Any = super().create_vpc_endpoint(*args, **kwargs)
        if kind == INTERFACE:
            default: Any = self.get_security_group_from_name("default", endpoint.vpc_id)
            endpoint.security_group_ids = endpoint.security_group_ids or [default.id]
            self._enter(endpoint, wanted)
        return endpoint

    def _enter(self, endpoint: Any, subnet_ids: Sequence[str]) -> None:
        """Make all interfaces or, if one cannot be had, none and no endpoint."""
        try:
            for subnet_id in subnet_ids:
                endpoint.join(subnet_id)
        except Exception:
            endpoint.leave(subnet_ids)
            del self.vpc_end_points[endpoint.id]
            raise
        endpoint.publish()

    def delete_vpc_endpoints(self, vpce_ids: list[str] | None = None) -> None:
        """Start to delete endpoints: routes go at once, interfaces when the endpoint is gone."""
        for endpoint_id in vpce_ids or []:
            endpoint: Any = self.vpc_end_points.get(endpoint_id)
            if endpoint is not None and endpoint.state != "deleting":
                endpoint.unroute(list(endpoint.route_table_ids))
                endpoint.begin("deleting")

    def delete_route_table(self, route_table_id: str) -> None:
        """Delete a route table; gateway endpoints forget it."""
        super().delete_route_table(route_table_id)
        for endpoint in self.vpc_end_points.values():
            if route_table_id in endpoint.route_table_ids:
                endpoint.route_table_ids.remove(route_table_id)

    def settle_endpoints(self) -> None:
        """Make every state change of an endpoint that is due."""
        endpoints: list[Any] = list(self.vpc_end_points.values())
        for endpoint in endpoints:
            if endpoint.settle():
                endpoint.leave(list(endpoint.subnet_ids))
                del self.vpc_end_points[endpoint.id]
