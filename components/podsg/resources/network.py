"""The VPC of an environment."""

from collections.abc import Sequence
from typing import NotRequired, Optional, TypedDict

import pulumi
import pulumi_aws as aws

from podsg.model import NatMode, NetworkSpec, SubnetPlan, plan_subnets
from podsg.resources.flow_log import record_flows
from podsg.resources.interface_endpoints import make_interface_endpoints
from podsg.resources.location import Location
from podsg.resources.owner import Owner
from podsg.resources.spec_args import NetworkSpecInput
from podsg.resources.specification import described
from podsg.resources.subnets import associate, make_route_table, make_subnets
from podsg.resources.zones import zone_names

EVERYWHERE = "0.0.0.0/0"


class NetworkArgs(TypedDict):
    """Inputs of a network."""

    spec: NetworkSpecInput
    """Address ranges, zones, NAT and endpoints: the fields of `network` in an environment."""
    tags: NotRequired[dict[str, str]]
    """Tags of everything in the network, besides name and owner. Default: none."""


class Network(pulumi.ComponentResource):
    """Make a VPC whose private subnets reach the internet through NAT and are not reached from it.

    Public and private subnets over the zones, routes, a flow log, an S3 gateway endpoint, and a default
    security group that allows nothing; subnets for pods alone and interface endpoints where they are asked
    for. Nothing gets a public address by default. Without NAT there is no way to the internet at all.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    vpc_cidr: pulumi.Output[str]
    """IPv4 network of the VPC, without that of the pods."""
    zones: pulumi.Output[list[str]]
    """Names of the availability zones in use; the subnets of each kind are in their order."""
    private_subnet_ids: pulumi.Output[list[str]]
    """Ids of the private subnets, in the order of the zones."""
    public_subnet_ids: pulumi.Output[list[str]]
    """Ids of the public subnets, in the order of the zones; empty without public subnets."""
    pod_subnet_ids: pulumi.Output[list[str]]
    """Ids of the subnets for pods alone, in the order of the zones; empty without such subnets."""

    def __init__(self, name: str, args: NetworkArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("podsg:index:Network", name, None, opts)
        description = described(NetworkSpec, args["spec"], name)
        self._spec = description.spec
        self._owner = Owner.of(self, name, args.get("tags"))
        self._location = Location.of(self)
        self._zones = zone_names(self, self._spec)
        plan = plan_subnets(self._spec)

        self._vpc = self._make_vpc()
        self._make_subnets(plan)
        # What network interfaces are in: for the `depends_on` of a gate that waits until they are gone.
        self.subnets: list[pulumi.Resource] = [*self._private, *self._public, *self._pods]
        # What runs in a private subnet, or in one for pods, needs these to reach AWS: for its `depends_on`.
        self.ways_out = self._make_ways_out()
        record_flows(self._owner, self._vpc.id, description, self._location)

        self.vpc_id = self._vpc.id
        self.vpc_cidr = self._vpc.cidr_block
        self.zones = pulumi.Output.from_input(self._zones)
        self.private_subnet_ids = _ids(self._private)
        self.public_subnet_ids = _ids(self._public)
        self.pod_subnet_ids = _ids(self._pods)
        # Zone and id of each subnet for pods alone.
        self.pod_subnets = [(zone, subnet.id) for zone, subnet in zip(self._zones, self._pods, strict=False)]
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "vpc_cidr": self.vpc_cidr,
                "zones": self.zones,
                "private_subnet_ids": self.private_subnet_ids,
                "public_subnet_ids": self.public_subnet_ids,
                "pod_subnet_ids": self.pod_subnet_ids,
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

    def _make_subnets(self, plan: SubnetPlan) -> None:
        owner, vpc_id = self._owner, self._vpc.id
        self._private = make_subnets(
            owner,
            vpc_id,
            "private",
            zip(self._zones, plan.private, strict=True),
            {"kubernetes.io/role/internal-elb": "1"},
        )
        self._public = make_subnets(
            owner,
            vpc_id,
            "public",
            zip(self._zones, plan.public, strict=False),
            {"kubernetes.io/role/elb": "1"},
        )
        self._pods: list[aws.ec2.Subnet] = []
        if self._spec.pod_cidr is not None:
            second = aws.ec2.VpcIpv4CidrBlockAssociation(
                owner.child("pod-cidr"), vpc_id=vpc_id, cidr_block=self._spec.pod_cidr, opts=owner.options()
            )
            self._pods = make_subnets(
                owner, second.vpc_id, "pods", zip(self._zones, plan.pods, strict=True), {}
            )

    def _make_ways_out(self) -> list[pulumi.Resource]:
        gateways = self._make_nat_gateways()
        tables, routes = self._route_private(gateways)
        return [
            *gateways,
            *routes,
            *associate(self._owner, "private", tables, self._private),
            *(associate(self._owner, "pods", tables, self._pods) if self._pods else ()),
            self._make_s3_endpoint(tables),
            *make_interface_endpoints(
                self._owner,
                self._vpc.id,
                self._spec,
                [subnet.id for subnet in self._private],
                self._location,
            ),
        ]

    def _make_nat_gateways(self) -> list[aws.ec2.NatGateway]:
        """Lead the public subnets to the internet, and make the NAT gateways in them."""
        if not self._public:
            return []
        internet = aws.ec2.InternetGateway(
            self._owner.child("igw"),
            vpc_id=self._vpc.id,
            tags=self._owner.tagged("igw"),
            opts=self._owner.options(),
        )
        entrance = self._route_public(internet)
        counts = {NatMode.NONE: 0, NatMode.SINGLE: 1, NatMode.PER_ZONE: len(self._public)}
        return [
            self._make_nat_gateway(f"nat-{number}", subnet, internet, entrance)
            for number, subnet in enumerate(self._public[: counts[self._spec.nat]], start=1)
        ]

    def _route_public(self, internet: aws.ec2.InternetGateway) -> list[pulumi.Resource]:
        table = make_route_table(self._owner, self._vpc.id, "public-routes")
        route = aws.ec2.Route(
            self._owner.child("public-to-internet"),
            route_table_id=table.id,
            destination_cidr_block=EVERYWHERE,
            gateway_id=internet.id,
            opts=self._owner.options(),
        )
        return [route, *associate(self._owner, "public", [table] * len(self._public), self._public)]

    def _make_nat_gateway(
        self,
        role: str,
        subnet: aws.ec2.Subnet,
        internet: aws.ec2.InternetGateway,
        entrance: list[pulumi.Resource],
    ) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(
            self._owner.child(f"{role}-address"),
            domain="vpc",
            tags=self._owner.tagged(f"{role}-address"),
            opts=self._owner.options(internet),
        )
        return aws.ec2.NatGateway(
            self._owner.child(role),
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags=self._owner.tagged(role),
            opts=self._owner.options(internet, *entrance),
        )

    def _route_private(
        self, gateways: list[aws.ec2.NatGateway]
    ) -> tuple[list[aws.ec2.RouteTable], list[pulumi.Resource]]:
        """Make a route table for each zone, which leads to its NAT gateway if there is any."""
        tables = [
            make_route_table(self._owner, self._vpc.id, f"private-{number}-routes")
            for number in range(1, len(self._private) + 1)
        ]
        if not gateways:
            return tables, []
        return tables, [
            aws.ec2.Route(
                self._owner.child(f"private-{number}-to-nat"),
                route_table_id=table.id,
                destination_cidr_block=EVERYWHERE,
                nat_gateway_id=gateways[(number - 1) % len(gateways)].id,
                opts=self._owner.options(),
            )
            for number, table in enumerate(tables, start=1)
        ]

    def _make_s3_endpoint(self, tables: list[aws.ec2.RouteTable]) -> pulumi.Resource:
        return aws.ec2.VpcEndpoint(
            self._owner.child("s3"),
            vpc_id=self._vpc.id,
            service_name=pulumi.Output.concat("com.amazonaws.", self._location.region, ".s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags=self._owner.tagged("s3"),
            opts=self._owner.options(),
        )


def _ids(subnets: Sequence[aws.ec2.Subnet]) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(*[subnet.id for subnet in subnets])
