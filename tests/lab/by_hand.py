"""What a platform team made by hand: a VPC, a cluster, a database, groups, roles, keys and log groups."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lab.session import Session
from lab.status import client

ZONES = ("us-west-2a", "us-west-2b")
CLUSTER_POLICIES = ("AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController")
NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly")


@dataclass
class ByHand:
    """Make each thing when it is first asked for, by calls of AWS and by nothing of this project."""

    session: Session
    name: str
    cidr: str
    """First two numbers of the VPC, such as 10.60."""
    _undo: list[tuple[Any, str, dict[str, Any]]] = field(default_factory=list)

    def _api(self, service: str) -> Any:
        return client(self.session, service)

    def _made(self, service: str, undo: str, **arguments: Any) -> None:
        self._undo.append((self._api(service), undo, arguments))

    @cached_property
    def vpc_id(self) -> str:
        ec2 = self._api("ec2")
        vpc_id = str(ec2.create_vpc(CidrBlock=f"{self.cidr}.0.0/16")["Vpc"]["VpcId"])
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
            ec2.modify_vpc_attribute(VpcId=vpc_id, **{attribute: {"Value": True}})
        self._made("ec2", "delete_vpc", VpcId=vpc_id)
        return vpc_id

    @cached_property
    def subnet_ids(self) -> list[str]:
        """Private subnets, one per zone, whose default route is a NAT gateway."""
        ec2 = self._api("ec2")
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self._made("ec2", "delete_internet_gateway", InternetGatewayId=gateway)
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc_id)
        self._made("ec2", "detach_internet_gateway", InternetGatewayId=gateway, VpcId=self.vpc_id)
        public = self.subnet(ZONES[0], 100, self._table(GatewayId=gateway))
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        self._made("ec2", "release_address", AllocationId=address)
        nat = ec2.create_nat_gateway(SubnetId=public, AllocationId=address)["NatGateway"]["NatGatewayId"]
        self._made("ec2", "delete_nat_gateway", NatGatewayId=nat)
        ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[nat], WaiterConfig={"Delay": 1})
        table = self._table(NatGatewayId=nat)
        return [self.subnet(zone, 10 + number, table) for number, zone in enumerate(ZONES)]

    def _table(self, **target: str) -> str:
        ec2 = self._api("ec2")
        table = str(ec2.create_route_table(VpcId=self.vpc_id)["RouteTable"]["RouteTableId"])
        self._made("ec2", "delete_route_table", RouteTableId=table)
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        return table

    def subnet(self, zone: str, number: int, table: str | None = None) -> str:
        """Make a subnet of 256 addresses; with a route table it has that table's way out."""
        ec2 = self._api("ec2")
        subnet = ec2.create_subnet(
            VpcId=self.vpc_id, CidrBlock=f"{self.cidr}.{number}.0/24", AvailabilityZone=zone
        )["Subnet"]["SubnetId"]
        self._made("ec2", "delete_subnet", SubnetId=subnet)
        if table:
            made = ec2.associate_route_table(SubnetId=subnet, RouteTableId=table)
            self._made("ec2", "disassociate_route_table", AssociationId=made["AssociationId"])
        return str(subnet)

    def group(self, role: str) -> str:
        made = self._api("ec2").create_security_group(
            VpcId=self.vpc_id, GroupName=f"{self.name}-{role}", Description=f"{role} of {self.name}"
        )
        self._made("ec2", "delete_security_group", GroupId=made["GroupId"])
        return str(made["GroupId"])

    @cached_property
    def node_group_id(self) -> str:
        return self.group("nodes")

    @cached_property
    def database_group_id(self) -> str:
        return self.group("database")

    @cached_property
    def pod_group_id(self) -> str:
        return self.group("pods")

    def role(self, role: str, service: str, policies: tuple[str, ...]) -> str:
        iam = self._api("iam")
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        name = f"{self.name}-{role}"
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        self._made("iam", "delete_role", RoleName=name)
        for policy in policies:
            policy_arn = f"arn:aws:iam::aws:policy/{policy}"
            iam.attach_role_policy(RoleName=name, PolicyArn=policy_arn)
            self._made("iam", "detach_role_policy", RoleName=name, PolicyArn=policy_arn)
        return str(arn)

    @cached_property
    def key_arn(self) -> str:
        made = self._api("kms").create_key(Description=self.name)["KeyMetadata"]
        self._made("kms", "schedule_key_deletion", KeyId=made["KeyId"])
        return str(made["Arn"])

    def log_group(self, name: str) -> str:
        logs = self._api("logs")
        logs.create_log_group(logGroupName=name)
        self._made("logs", "delete_log_group", logGroupName=name)
        (found,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return str(found["arn"]).removesuffix(":*")

    @cached_property
    def cluster(self) -> str:
        eks = self._api("eks")
        eks.create_cluster(
            name=self.name,
            roleArn=self.role("cluster", "eks.amazonaws.com", CLUSTER_POLICIES),
            resourcesVpcConfig={"subnetIds": self.subnet_ids},
            accessConfig={
                "authenticationMode": "API",
                "bootstrapClusterCreatorAdminPermissions": True,
            },
        )
        self._made("eks", "delete_cluster", name=self.name)
        eks.get_waiter("cluster_active").wait(name=self.name, WaiterConfig={"Delay": 1})
        return self.name

    @cached_property
    def database(self) -> dict[str, Any]:
        rds = self._api("rds")
        subnets = f"{self.name}-subnets"
        rds.create_db_subnet_group(
            DBSubnetGroupName=subnets, DBSubnetGroupDescription="by hand", SubnetIds=self.subnet_ids
        )
        self._made("rds", "delete_db_subnet_group", DBSubnetGroupName=subnets)
        rds.create_db_instance(
            DBInstanceIdentifier=self.name,
            Engine="postgres",
            EngineVersion="16",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MasterUsername="owner",
            ManageMasterUserPassword=True,
            DBSubnetGroupName=subnets,
            VpcSecurityGroupIds=[self.database_group_id],
        )
        self._made("rds", "delete_db_instance", DBInstanceIdentifier=self.name, SkipFinalSnapshot=True)
        rds.get_waiter("db_instance_available").wait(
            DBInstanceIdentifier=self.name, WaiterConfig={"Delay": 1}
        )
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=self.name)["DBInstances"]
        return dict(found)

    def remove(self) -> None:
        """Delete all of it, newest first."""
        waits = {
            "delete_cluster": ("cluster_deleted", "name"),
            "delete_db_instance": ("db_instance_deleted", "DBInstanceIdentifier"),
            "delete_nat_gateway": ("nat_gateway_deleted", "NatGatewayIds"),
        }
        for api, operation, arguments in reversed(self._undo):
            getattr(api, operation)(**arguments)
            if operation in waits:
                waiter, key = waits[operation]
                value = arguments.get(key, list(arguments.values()))
                api.get_waiter(waiter).wait(**{key: value}, WaiterConfig={"Delay": 1})
