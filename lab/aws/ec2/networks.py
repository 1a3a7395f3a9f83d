"""VPCs, subnets, gateways and routes: what EC2 refuses when they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from lab.aws.ec2.addresses import LARGEST_PREFIX, SMALLEST_PREFIX
from lab.aws.ec2.errors import ec2_error, not_found
from lab.aws.ec2.vpc_blocks import parse_block

if TYPE_CHECKING:
    from ipaddress import IPv4Network


class Networks(EC2Response):
    """Check networks before moto makes them."""

    def create_vpc(self) -> ActionResult:
        """Create a VPC with its range in canonical form.

        Source: EC2 API reference, CreateVpc (cidrBlock).
        """
        self._canonical_cidr()
        return super().create_vpc()

    def create_subnet(self) -> ActionResult:
        """Refuse a range outside /16 to /28 or outside the VPC's blocks, and a zone of another region.

        Source: EC2 API reference, CreateSubnet; hashicorp/terraform issue 21256 (block not associated yet).
        """
        network = self._canonical_cidr()
        blocks = self.ec2_backend.get_vpc(self._get_param("VpcId")).blocks("associated")
        fits = network is None or (
            LARGEST_PREFIX <= network.prefixlen <= SMALLEST_PREFIX and any(map(network.subnet_of, blocks))
        )
        if not fits:
            raise ec2_error("InvalidSubnet.Range", f"The CIDR '{network}' is invalid.")
        zone = self._get_param("AvailabilityZone")
        names = [known.name for known in self.ec2_backend.describe_availability_zones()]
        if zone and zone not in names:
            problem = (
                f"Value ({zone}) for parameter availabilityZone is invalid. "
                "Subnets can currently only be created in the following availability zones: "
                f"{', '.join(names)}."
            )
            raise ec2_error("InvalidParameterValue", problem)
        return super().create_subnet()

    def _canonical_cidr(self) -> IPv4Network | None:
        text = self._get_param("CidrBlock")
        if text is None:
            return None
        network = parse_block(text)
        self.params["CidrBlock"] = str(network)
        return network

    def describe_vpcs(self) -> ActionResult:
        """Name the first unknown VPC.

        Source: EC2 error codes page, InvalidVpcID.NotFound.
        """
        for vpc_id in self._get_param("VpcIds", []):
            if vpc_id not in self.ec2_backend.vpcs:
                raise not_found("InvalidVpcID.NotFound", "vpc ID", vpc_id)
        return super().describe_vpcs()

    def describe_subnets(self) -> ActionResult:
        """Name the first unknown subnet.

        Source: EC2 error codes page, InvalidSubnetID.NotFound.
        """
        known = {subnet.id for subnet in self.ec2_backend.describe_subnets()}
        for subnet_id in self._get_param("SubnetIds", []):
            if subnet_id not in known:
                raise not_found("InvalidSubnetID.NotFound", "subnet ID", subnet_id)
        return super().describe_subnets()

    def attach_internet_gateway(self) -> ActionResult:
        """Refuse a second gateway for a VPC and a second VPC for a gateway.

        Source: EC2 error codes page, Resource.AlreadyAssociated; EC2 API reference, AttachInternetGateway.
        """
        vpc_id = self._get_param("VpcId")
        gateway_id = self._get_param("InternetGatewayId")
        gateway = self.ec2_backend.get_internet_gateway(gateway_id)
        if gateway.vpc:
            problem = f"resource {gateway_id} is already attached to network {gateway.vpc.id}"
            raise ec2_error("Resource.AlreadyAssociated", problem)
        if self.ec2_backend.gateway_of(vpc_id):
            problem = f"Network {vpc_id} already has an internet gateway attached"
            raise ec2_error("InvalidParameterValue", problem)
        return super().attach_internet_gateway()

    def associate_address(self) -> ActionResult:
        """Refuse in a network without an internet gateway.

        Source: hashicorp/terraform-provider-aws pull request 2181.
        """
        interface = self.ec2_backend.enis.get(self._get_param("NetworkInterfaceId"))
        if interface is not None and not self.ec2_backend.gateway_of(interface.subnet.vpc_id):
            problem = f"Network {interface.subnet.vpc_id} is not attached to any internet gateway"
            raise ec2_error("Gateway.NotAttached", problem)
        return super().associate_address()

    def create_route(self) -> ActionResult:
        """Refuse a target that is unknown or in another network.

        Source: giantswarm/aws-operator pull request 632; EC2 error codes page, InvalidNatGatewayID.NotFound.
        """
        self._check_route_target()
        return super().create_route()

    def replace_route(self) -> ActionResult:
        """Refuse a target that is unknown or in another network.

        Source: giantswarm/aws-operator pull request 632; EC2 error codes page, InvalidNatGatewayID.NotFound.
        """
        self._check_route_target()
        return super().replace_route()

    def _check_route_target(self) -> None:
        table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
        gateway_id = self._get_param("GatewayId") or ""
        if gateway_id.startswith("igw-"):
            gateway = self.ec2_backend.get_internet_gateway(gateway_id)
            if gateway.vpc is None or gateway.vpc.id != table.vpc_id:
                problem = (
                    f"route table {table.id} and network gateway {gateway_id} belong to different networks"
                )
                raise ec2_error("InvalidParameterValue", problem)
        nat_id = self._get_param("NatGatewayId")
        nat = self.ec2_backend.nat_gateways.get(nat_id)
        if nat_id and (nat is None or nat.state in {"deleting", "deleted", "failed"}):
            raise not_found("InvalidNatGatewayID.NotFound", "natGateway ID", nat_id)
        if nat and nat.vpc_id != table.vpc_id:
            problem = f"route table {table.id} and nat gateway {nat_id} belong to different networks"
            raise ec2_error("InvalidParameterValue", problem)

    def associate_route_table(self) -> ActionResult:
        """Refuse a subnet of another VPC and one that has another table.

        Source: EC2 error codes page, Resource.AlreadyAssociated; EC2 API reference, AssociateRouteTable.
        """
        table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
        subnet_id = self._get_param("SubnetId")
        if subnet_id:
            subnet = self.ec2_backend.get_subnet(subnet_id)
            if subnet.vpc_id != table.vpc_id:
                problem = f"route table {table.id} and subnet {subnet_id} belong to different networks"
                raise ec2_error("InvalidParameterValue", problem)
            if any(other != table.id for _, other in self.ec2_backend.associations_of(subnet_id)):
                problem = (
                    f"the specified association for route table {table.id} "
                    "conflicts with an existing association"
                )
                raise ec2_error("Resource.AlreadyAssociated", problem)
        return super().associate_route_table()

    def delete_launch_template(self) -> ActionResult:
        """Name the template that does not exist.

        Source: EC2 error codes page, InvalidLaunchTemplateId.NotFound and
        InvalidLaunchTemplateName.NotFoundException.
        """
        template_id, name = self._get_param("LaunchTemplateId"), self._get_param("LaunchTemplateName")
        self._check_templates([template_id] if template_id else [], [name] if name else [])
        return super().delete_launch_template()

    def describe_launch_templates(self) -> ActionResult:
        """Name the first template that does not exist.

        Source: as for DeleteLaunchTemplate.
        """
        self._check_templates(
            self._get_param("LaunchTemplateIds", []), self._get_param("LaunchTemplateNames", [])
        )
        return super().describe_launch_templates()

    def _check_templates(self, ids: list[str], names: list[str]) -> None:
        for template_id in ids:
            if template_id not in self.ec2_backend.launch_templates:
                problem = f"The specified launch template, with template ID {template_id}, does not exist."
                raise ec2_error("InvalidLaunchTemplateId.NotFound", problem)
        for name in names:
            if name not in self.ec2_backend.launch_template_name_to_ids:
                problem = f"The specified launch template, with template name {name}, does not exist."
                raise ec2_error("InvalidLaunchTemplateName.NotFoundException", problem)

    def describe_availability_zones(self) -> ActionResult:
        """List zones; regional ones need no opt-in.

        Source: EC2 API reference, DescribeAvailabilityZones (opt-in-status, zone-type).
        """
        filters = self._filters_from_querystring()
        wanted = filters.pop("opt-in-status", None)
        names, ids = self._get_param("ZoneNames", []), self._get_param("ZoneIds", [])
        zones = self.ec2_backend.describe_availability_zones(filters, zone_names=names, zone_ids=ids)
        if wanted and "opt-in-not-required" not in wanted:
            zones = []
        return ActionResult({"AvailabilityZones": zones})
