"""Calls about VPC endpoints: what EC2 refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import vpcs as stock
from moto.ec2.responses import EC2Response

from lab.aws.ec2.endpoints import GATEWAY, INTERFACE, IdChange
from lab.aws.ec2.errors import ec2_error, not_found


class EndpointCalls(EC2Response):
    """Check calls about endpoints before the backend serves them."""

    def create_vpc_endpoint(self) -> ActionResult:
        """Refuse what the kind of endpoint does not have, and names or zones that are taken.

        Source: hashicorp/terraform issue 24478 (kind of the service); the sources of the checks.
        """
        backend, kind = self.ec2_backend, self._get_param("VpcEndpointType") or GATEWAY
        name, vpc = self._get_param("ServiceName"), backend.get_vpc(self._get_param("VpcId"))
        subnets, groups, tables = (
            self._get_param(key, []) for key in ("SubnetIds", "SecurityGroupIds", "RouteTableIds")
        )
        _check_parts(kind, subnets, groups, tables)
        services = backend.endpoint_services(name)
        offered = [entry["ServiceType"][0]["ServiceType"] for entry in services]
        if kind not in offered:
            known = ", ".join(offered)
            problem = f"Endpoint type ({kind}) does not match available service types ([{known}])."
            raise ec2_error("InvalidParameter", problem)
        self._check_subnets(vpc, [], subnets)
        backend.check_interface_groups(vpc.id, groups)
        self._check_tables(vpc, name, tables)
        if kind == INTERFACE and self._get_bool_param("PrivateDnsEnabled", if_none=True):
            self._check_private_dns(vpc, services[0])
        return super().create_vpc_endpoint()

    def modify_vpc_endpoint(self) -> ActionResult:
        """Check the change as a whole, then make it.

        Source: EC2 API reference, ModifyVpcEndpoint; terraform-aws-modules/terraform-aws-vpc pull request 575
        (last group); the sources of the checks.
        """
        endpoint = self._endpoint(self._get_param("VpcEndpointId"))
        subnets = self._ids("Subnet", endpoint.subnet_ids)
        groups = self._ids("SecurityGroup", endpoint.security_group_ids)
        tables = self._ids("RouteTable", endpoint.route_table_ids)
        private = self._get_param("PrivateDnsEnabled") if endpoint.is_interface else None
        self._check_change(endpoint, subnets, groups, tables)
        if private and not endpoint.private_dns_enabled:
            service = self.ec2_backend.endpoint_services(endpoint.service_name)[0]
            self._check_private_dns(self.ec2_backend.get_vpc(endpoint.vpc_id), service)
        policy = self._get_param("PolicyDocument")
        if self._get_param("ResetPolicy"):
            policy = json.dumps(stock.VPCEndPoint.DEFAULT_POLICY)
        self.error_on_dryrun()
        endpoint.change(subnets=subnets, groups=groups, tables=tables, policy=policy, private=private)
        return ActionResult({"Return": True})

    def _ids(self, name: str, present: Sequence[str]) -> IdChange:
        removed = self._get_param(f"Remove{name}Ids", [])
        kept = [item for item in present if item not in removed]
        added = dict.fromkeys(self._get_param(f"Add{name}Ids", []))
        return IdChange(kept, [item for item in added if item not in kept], removed)

    def _check_change(self, endpoint: Any, subnets: IdChange, groups: IdChange, tables: IdChange) -> None:
        _check_parts(endpoint.vpc_endpoint_type, subnets.named, groups.named, tables.named)
        vpc = self.ec2_backend.get_vpc(endpoint.vpc_id)
        self._check_subnets(vpc, subnets.kept, subnets.new)
        self.ec2_backend.check_interface_groups(vpc.id, groups.after)
        if endpoint.is_interface and not groups.after:
            problem = "An Interface VPC Endpoint must always have at least one Security Group"
            raise ec2_error("InvalidParameter", problem)
        self._check_tables(vpc, endpoint.service_name, tables.new)

    def _check_subnets(self, vpc: Any, kept: Sequence[str], new: Sequence[str]) -> None:
        """Refuse foreign subnets and a second one in a zone.

        Source: terraform-aws-modules/terraform-aws-vpc issue 583 (zone); EC2 API reference, CreateVpcEndpoint
        (SubnetIds: no public record quotes the refusal of a foreign subnet).
        """
        zones = {self.ec2_backend.get_subnet(subnet_id).availability_zone for subnet_id in kept}
        for subnet_id in new:
            subnet = self.ec2_backend.get_subnet(subnet_id)
            if subnet.vpc_id != vpc.id:
                problem = f"subnet {subnet_id} and network {vpc.id} belong to different networks"
                raise ec2_error("InvalidParameter", problem)
            if subnet.availability_zone in zones:
                problem = (
                    f"Found another VPC endpoint subnet in the availability zone of {subnet_id}. VPC "
                    "endpoint subnets should be in different availability zones supported by the VPC "
                    "endpoint service."
                )
                raise ec2_error("DuplicateSubnetsInSameZone", problem)
            zones.add(subnet.availability_zone)

    def _check_tables(self, vpc: Any, service_name: str, new: Sequence[str]) -> None:
        """Refuse foreign route tables and those that route to the service already.

        Source: eksctl-io/eksctl issue 2510 (second route to a service's prefix list); no public record quotes
        the refusal of a foreign table.
        """
        endpoints = self.ec2_backend.vpc_end_points.values()
        others = [endpoint for endpoint in endpoints if endpoint.service_name == service_name]
        for table_id in new:
            if self.ec2_backend.get_route_table(table_id).vpc_id != vpc.id:
                problem = f"route table {table_id} and network {vpc.id} belong to different networks"
                raise ec2_error("InvalidParameterValue", problem)
            for other in others:
                if table_id in other.route_table_ids:
                    target = f"destination-prefix-list-id {other.destination_prefix_list_id}"
                    problem = f"route table {table_id} already has a route with {target}"
                    raise ec2_error("RouteAlreadyExists", problem)

    def _check_private_dns(self, vpc: Any, service: dict[str, Any]) -> None:
        """Refuse the service's own name where the VPC has no DNS, or another endpoint has the name.

        Source: Amazon GuardDuty user guide, "Runtime coverage statistics and troubleshooting issues" (DNS
        attributes); hashicorp/terraform-provider-aws issue 17535 (conflict).
        """
        if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
            problem = (
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes "
                f"set to true for {vpc.id}"
            )
            raise ec2_error("InvalidParameter", problem)
        for other in self.ec2_backend.vpc_end_points.values():
            named = (other.vpc_id, other.service_name) == (vpc.id, service["ServiceName"])
            if named and other.private_dns_enabled:
                problem = (
                    "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                    f"{service['PrivateDnsName']} in the VPC {vpc.id}"
                )
                raise ec2_error("InvalidParameter", problem)

    def delete_vpc_endpoints(self) -> ActionResult:
        """Delete endpoints; say which ones are unknown.

        Source: EC2 API reference, DeleteVpcEndpoints (unsuccessful).
        """
        unknown = [
            {
                "ResourceId": endpoint_id,
                "Error": {
                    "Code": "InvalidVpcEndpoint.NotFound",
                    "Message": f"The Vpc Endpoint Id '{endpoint_id}' does not exist",
                },
            }
            for endpoint_id in self._get_param("VpcEndpointIds", [])
            if endpoint_id not in self.ec2_backend.vpc_end_points
        ]
        super().delete_vpc_endpoints()
        return ActionResult({"Unsuccessful": unknown})

    def _endpoint(self, endpoint_id: str) -> Any:
        endpoint = self.ec2_backend.vpc_end_points.get(endpoint_id)
        if endpoint is None:
            raise not_found("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id", endpoint_id)
        return endpoint


def _check_parts(kind: str, subnets: Sequence[str], groups: Sequence[str], tables: Sequence[str]) -> None:
    """Refuse route tables for interfaces, and subnets and groups for gateways.

    Source: ansible-collections/amazon.aws issue 576 (route tables); nanlabs/terraform-aws-starter issue 18
    (subnets); no public record quotes the text about groups.
    """
    if kind == INTERFACE and tables:
        problem = "Route table IDs are only supported for Gateway type VPC Endpoint."
        raise ec2_error("InvalidParameter", problem)
    if kind == GATEWAY and subnets:
        problem = "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints."
        raise ec2_error("InvalidParameter", problem)
    if kind == GATEWAY and groups:
        problem = "Security Group IDs are only supported for Interface type VPC Endpoints."
        raise ec2_error("InvalidParameter", problem)
