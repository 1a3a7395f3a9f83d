"""A VPC and database groups that the RDS rows share, one set per endpoint."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from .row import REGION, Clients, eventually, refused


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


class Scene:
    """A VPC with three zones, a group, a subnet group and a parameter group."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self.vpc_id = self.vpc("10.3.0.0/16")
        self.subnet_ids = [self.subnet(self.vpc_id, f"10.3.{i}.0/24", zone) for i, zone in enumerate("abc")]
        self.group_id = self.group(self.vpc_id)
        self.subnet_group = unique("sn")
        clients.rds.create_db_subnet_group(
            DBSubnetGroupName=self.subnet_group, DBSubnetGroupDescription="row", SubnetIds=self.subnet_ids
        )
        self.parameter_group = self.parameters("mysql8.4")

    def vpc(self, cidr: str) -> str:
        return str(self.clients.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])

    def subnet(self, vpc_id: str, cidr: str, zone: str) -> str:
        made = self.clients.ec2.create_subnet(
            VpcId=vpc_id, CidrBlock=cidr, AvailabilityZone=f"{REGION}{zone}"
        )
        return str(made["Subnet"]["SubnetId"])

    def group(self, vpc_id: str) -> str:
        made = self.clients.ec2.create_security_group(VpcId=vpc_id, GroupName=unique("g"), Description="row")
        return str(made["GroupId"])

    def parameters(self, family: str) -> str:
        name = unique("pg")
        self.clients.rds.create_db_parameter_group(
            DBParameterGroupName=name, DBParameterGroupFamily=family, Description="row"
        )
        return name

    def request(self, **changes: Any) -> dict[str, Any]:
        request = {
            "DBInstanceIdentifier": unique("db"),
            "Engine": "mysql",
            "EngineVersion": "8.4",
            "DBInstanceClass": "db.t4g.micro",
            "AllocatedStorage": 20,
            "MasterUsername": "catalog",
            "ManageMasterUserPassword": True,
            "DBSubnetGroupName": self.subnet_group,
            "VpcSecurityGroupIds": [self.group_id],
            "DBParameterGroupName": self.parameter_group,
        } | changes
        return {key: value for key, value in request.items() if value is not None}

    def describe(self, name: str) -> Any:
        return self.clients.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    def status(self, name: str) -> str:
        return str(self.describe(name)["DBInstanceStatus"])

    def interfaces(self, group_id: str) -> list[Any]:
        filters = [{"Name": "group-id", "Values": [group_id]}]
        return list(self.clients.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"])

    @contextmanager
    def running(self, **changes: Any) -> Iterator[str]:
        """Have an available instance for a while; gives its name."""
        name = self.start(**changes)
        yield name
        if self.status(name) != "deleting":
            self.clients.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        self.gone(name)

    def start(self, **changes: Any) -> str:
        name = str(
            self.clients.rds.create_db_instance(**self.request(**changes))["DBInstance"][
                "DBInstanceIdentifier"
            ]
        )
        eventually(lambda: self.status(name), "available")
        return name

    @cached_property
    def shared(self) -> str:
        """Name of an instance that rows leave as they found it."""
        return self.start()

    def gone(self, name: str) -> None:
        def names() -> bool:
            found = self.clients.rds.describe_db_instances()["DBInstances"]
            return name in {each["DBInstanceIdentifier"] for each in found}

        eventually(names, False)
        with refused("DBInstanceNotFound"):
            self.describe(name)


_SCENES: dict[str, Scene] = {}


def scene_of(clients: Clients) -> Scene:
    if clients.endpoint_url not in _SCENES:
        _SCENES[clients.endpoint_url] = Scene(clients)
    return _SCENES[clients.endpoint_url]
