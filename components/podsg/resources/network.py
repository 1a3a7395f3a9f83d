"""The VPC of an environment."""

from typing import Any, NotRequired, Optional, TypedDict

import pulumi
import pulumi_aws as aws

from podsg.model import NatMode, NetworkSpec, plan_subnets
from podsg.resources.flow_log import record_flows
from podsg.resources.location import Location
from podsg.resources.owner import Owner
from podsg.resources.specification import part_specification
from podsg.resources.zones import zone_names

EVERYWHERE = "0.0.0.0/0"


class NetworkArgs(TypedDict):
    """Inputs of a network."""

    spec: Any
    """Address range, zones and NAT: the fields of `network` in an environment."""
    tags: NotRequired[dict[str, str]]
    """Tags of everything in the network, besides name and owner. Default: none."""


class Network(pulumi.ComponentResource):
    """Make a VPC whose private subnets reach the internet through NAT and are not reached from it.

    Public and private subnets over the first zones of the region, routes, a flow log, an S3 gateway endpoint,
    and a default security group that allows nothing. Nothing gets a public address by default.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    private_subnet_ids: pulumi.Output[list[str]]
    """Ids of the private subnets, in the order of the zones."""
    public_subnet_ids: pulumi.Output[list[str]]
    """Ids of the public subnets, in the order of the zones."""

    def __init__(self, name: str, args: NetworkArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("podsg:index:Network", name, None, opts)
        self._spec = part_specification(NetworkSpec, args["spec"], name)
        self._owner = Owner.of(self, name, args.get("tags"))
        self._zones = zone_names(self, self._spec.zone_count)
        location = Location.of(self)
        plan = plan_subnets(self._spec)

        self._vpc = self._make_vpc()
        private = self._make_subnets("private", plan.private, "kubernetes.io/role/internal-elb")
        public = self._make_subnets("public", plan.public, "kubernetes.io/role/elb")
        self._gateway = aws.ec2.InternetGateway(
            self._owner.child("igw"),
            vpc_id=self._vpc.id,
            tags=self._owner.tagged("igw"),
            opts=self._owner.options(),
        )
        gateways = self._make_nat_gateways(public, self._route_public(public))
        tables, routes = self._route_private(private, gateways)
        # For `depends_on` of what runs in a private subnet: NAT gateways, routes, associations.
        self.ways_out: list[pulumi.Resource] = [*gateways, *routes]
        self._make_s3_endpoint(tables, location)
        record_flows(self._owner, self._vpc.id, self._spec.flow_log_retention_days, location)

        self.vpc_id = self._vpc.id
        self.private_subnet_ids = pulumi.Output.all(*[subnet.id for subnet in private])
        self.public_subnet_ids = pulumi.Output.all(*[subnet.id for subnet in public])
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "private_subnet_ids": self.private_subnet_ids,
                "public_subnet_ids": self.public_subnet_ids,
            }
        )

    def _make_vpc(self) -> aws.ec2.Vpc:
        vpc = aws.ec2.Vpc(
            self._owner.child("vpc"),
            cidr_block=self._spec.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._owner.tagged("vpc"),
            opts=self._owner.options(),
        )
        aws.ec2.DefaultSecurityGroup(
            self._owner.child("default-group"),
            vpc_id=vpc.id,
            tags=self._owner.tagged("default-group"),
            opts=self._owner.options(),
        )
        return vpc

    def _make_subnets(self, kind: str, cidrs: tuple[str, ...], load_balancers: str) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                self._owner.child(f"{kind}-{number}"),
                vpc_id=self._vpc.id,
                cidr_block=cidr,
                availability_zone=self._zones[number - 1],
                map_public_ip_on_launch=False,
                tags={**self._owner.tagged(f"{kind}-{number}"), load_balancers: "1"},
                opts=self._owner.options(),
            )
            for number, cidr in enumerate(cidrs, start=1)
        ]

    def _make_table(self, role: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(
            self._owner.child(role),
            vpc_id=self._vpc.id,
            tags=self._owner.tagged(role),
            opts=self._owner.options(),
        )

    def _associate(self, role: str, table: aws.ec2.RouteTable, subnet: aws.ec2.Subnet) -> pulumi.Resource:
        return aws.ec2.RouteTableAssociation(
            self._owner.child(role), route_table_id=table.id, subnet_id=subnet.id, opts=self._owner.options()
        )

    def _route_public(self, subnets: list[aws.ec2.Subnet]) -> list[pulumi.Resource]:
        table = self._make_table("public-routes")
        route = aws.ec2.Route(
            self._owner.child("public-to-internet"),
            route_table_id=table.id,
            destination_cidr_block=EVERYWHERE,
            gateway_id=self._gateway.id,
            opts=self._owner.options(),
        )
        associations = [
            self._associate(f"public-{number}-association", table, subnet)
            for number, subnet in enumerate(subnets, start=1)
        ]
        return [route, *associations]

    def _make_nat_gateways(
        self, subnets: list[aws.ec2.Subnet], entrance: list[pulumi.Resource]
    ) -> list[aws.ec2.NatGateway]:
        count = len(subnets) if self._spec.nat is NatMode.PER_ZONE else 1
        return [
            self._make_nat_gateway(f"nat-{number}", subnet, entrance)
            for number, subnet in enumerate(subnets[:count], start=1)
        ]

    def _make_nat_gateway(
        self, role: str, subnet: aws.ec2.Subnet, entrance: list[pulumi.Resource]
    ) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(
            self._owner.child(f"{role}-address"),
            domain="vpc",
            tags=self._owner.tagged(f"{role}-address"),
            opts=self._owner.options(self._gateway),
        )
        return aws.ec2.NatGateway(
            self._owner.child(role),
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags=self._owner.tagged(role),
            opts=self._owner.options(self._gateway, *entrance),
        )

    def _route_private(
        self, subnets: list[aws.ec2.Subnet], gateways: list[aws.ec2.NatGateway]
    ) -> tuple[list[aws.ec2.RouteTable], list[pulumi.Resource]]:
        tables = []
        ways: list[pulumi.Resource] = []
        for number, subnet in enumerate(subnets, start=1):
            table = self._make_table(f"private-{number}-routes")
            route = aws.ec2.Route(
                self._owner.child(f"private-{number}-to-nat"),
                route_table_id=table.id,
                destination_cidr_block=EVERYWHERE,
                nat_gateway_id=gateways[(number - 1) % len(gateways)].id,
                opts=self._owner.options(),
            )
            tables.append(table)
            ways += [route, self._associate(f"private-{number}-association", table, subnet)]
        return tables, ways

    def _make_s3_endpoint(self, tables: list[aws.ec2.RouteTable], location: Location) -> None:
        aws.ec2.VpcEndpoint(
            self._owner.child("s3"),
            vpc_id=self._vpc.id,
            service_name=pulumi.Output.concat("com.amazonaws.", location.region, ".s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags=self._owner.tagged("s3"),
            opts=self._owner.options(),
        )
