"""EC2 of the lab: moto's, with the addresses, dependencies and refusals of the real one."""

from __future__ import annotations

import moto.ec2.models
import moto.ec2.urls
from moto.ec2.models import elastic_network_interfaces as stock_interfaces
from moto.ec2.models import instances as stock_instances
from moto.ec2.models import nat_gateways as stock_gateways
from moto.ec2.models import route_tables as stock_routes
from moto.ec2.models import security_groups as stock_groups
from moto.ec2.models import subnets as stock_subnets
from moto.ec2.models import vpcs as stock_vpcs

from lab.aws.ec2.backend import LabEC2Backend
from lab.aws.ec2.endpoints import VPCEndPoint
from lab.aws.ec2.instances import Instance
from lab.aws.ec2.interfaces import NetworkInterface, create_service_interface, delete_service_interface
from lab.aws.ec2.nat import NatGateway
from lab.aws.ec2.response import LabEC2Response
from lab.aws.ec2.routes import Route
from lab.aws.ec2.security_groups import SecurityGroupRule
from lab.aws.ec2.subnets import Subnet
from lab.aws.ec2.vpc_blocks import VPC

__all__ = ["create_service_interface", "delete_service_interface", "install"]


def install() -> None:
    """Put the lab's classes in place of moto's, before the first request."""
    stock_subnets.Subnet = Subnet  # type: ignore[misc]
    stock_interfaces.NetworkInterface = NetworkInterface  # type: ignore[misc]
    stock_instances.Instance = Instance  # type: ignore[misc]
    stock_gateways.NatGateway = NatGateway  # type: ignore[misc]
    stock_groups.SecurityGroupRule = SecurityGroupRule  # type: ignore[misc]
    stock_routes.Route = Route  # type: ignore[misc]
    stock_vpcs.VPC = VPC  # type: ignore[misc]
    stock_vpcs.VPCEndPoint = VPCEndPoint  # type: ignore[misc]
    backends = moto.ec2.models.ec2_backends
    backends.backend = LabEC2Backend
    backends.clear()
    moto.ec2.urls.url_paths["{0}/"] = LabEC2Response.dispatch
