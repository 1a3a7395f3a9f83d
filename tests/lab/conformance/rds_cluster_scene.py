"""Aurora clusters that the RDS rows make, in the VPC and the subnet group of the other RDS rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .rds_scene import scene_of, unique
from .row import Clients, eventually, refused

CLASS = "db.t4g.medium"


class Clusters:
    """Make, describe and remove clusters and their members."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self.scene = scene_of(clients)

    def request(self, **changes: Any) -> dict[str, Any]:
        request = {
            "DBClusterIdentifier": unique("cluster"),
            "Engine": "aurora-postgresql",
            "EngineVersion": "16.6",
            "MasterUsername": "catalog",
            "ManageMasterUserPassword": True,
            "DBSubnetGroupName": self.scene.subnet_group,
            "VpcSecurityGroupIds": [self.scene.group_id],
        } | changes
        return {key: value for key, value in request.items() if value is not None}

    def start(self, **changes: Any) -> str:
        made = self.clients.rds.create_db_cluster(**self.request(**changes))["DBCluster"]
        name = str(made["DBClusterIdentifier"])
        eventually(lambda: self.status(name), "available")
        return name

    def describe(self, name: str) -> Any:
        return self.clients.rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]

    def status(self, name: str) -> str:
        return str(self.describe(name)["Status"])

    def member_request(self, cluster: str, **changes: Any) -> dict[str, Any]:
        request = {
            "DBInstanceIdentifier": unique("member"),
            "DBClusterIdentifier": cluster,
            "Engine": "aurora-postgresql",
            "DBInstanceClass": CLASS,
        } | changes
        return {key: value for key, value in request.items() if value is not None}

    def join(self, cluster: str, **changes: Any) -> str:
        made = self.clients.rds.create_db_instance(**self.member_request(cluster, **changes))["DBInstance"]
        name = str(made["DBInstanceIdentifier"])
        eventually(lambda: self.scene.status(name), "available")
        return name

    def parameters(self, family: str) -> str:
        name = unique("cpg")
        self.clients.rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=name, DBParameterGroupFamily=family, Description="row"
        )
        return name

    def subnet_group(self) -> str:
        name = unique("sn")
        self.clients.rds.create_db_subnet_group(
            DBSubnetGroupName=name, DBSubnetGroupDescription="row", SubnetIds=self.scene.subnet_ids
        )
        return name

    @contextmanager
    def running(self, *, members: int = 0, **changes: Any) -> Iterator[str]:
        """Have an available cluster for a while; gives its name."""
        name = self.start(**changes)
        for _ in range(members):
            self.join(name, Engine=changes.get("Engine", "aurora-postgresql"))
        yield name
        self.remove(name)

    def remove(self, name: str) -> None:
        found = self.describe(name)
        for member in found["DBClusterMembers"]:
            self.clients.rds.delete_db_instance(DBInstanceIdentifier=member["DBInstanceIdentifier"])
        if found["Status"] != "deleting":
            self.clients.rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
        self.gone(name)

    def gone(self, name: str) -> None:
        def names() -> bool:
            found = self.clients.rds.describe_db_clusters()["DBClusters"]
            return name in {each["DBClusterIdentifier"] for each in found}

        eventually(names, False)
        with refused("DBClusterNotFoundFault"):
            self.describe(name)


_SHARED: dict[str, str] = {}


def shared_cluster(clients: Clients) -> str:
    """Return a cluster without members, in a subnet group of its own, that rows leave as they found it."""
    if clients.endpoint_url not in _SHARED:
        clusters = Clusters(clients)
        _SHARED[clients.endpoint_url] = clusters.start(DBSubnetGroupName=clusters.subnet_group())
    return _SHARED[clients.endpoint_url]
