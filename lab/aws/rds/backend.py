"""RDS of one account and region: moto's state, with interfaces in EC2 and what happens a moment later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends
from moto.rds import urls as stock_urls
from moto.rds.models import RDSBackend

from lab.aws import delays
from lab.aws.ec2.interfaces import create_service_interface, delete_service_interface
from lab.aws.rds.clusters import DBCluster
from lab.aws.rds.instances import DBInstance
from lab.aws.transitions import after

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTER = "amazon-rds"
INTERFACE_DESCRIPTION = "RDSNetworkInterface"
CREATE_SECONDS = 1.0
MODIFY_SECONDS = 0.5


class LabRDSBackend(RDSBackend):
    """Add interfaces and transitions to moto's instances and clusters; refusals are the responses' part."""

    @property
    def _url_module(self) -> Any:
        """Return moto's paths, which it would look for beside this class."""
        return stock_urls

    def validate_key(self, key_id: str) -> str:
        """Return the ARN of a KMS key.

        Raises:
            KMSKeyNotAccessibleFault: There is none of that id, ARN or alias.
        """
        return str(self._validate_kms_key(key_id))

    def start_instance(self, parameters: dict[str, Any], subnet_ids: list[str]) -> DBInstance:
        """Make an instance: interfaces at once, `available` a moment later.

        Args:
            parameters: As moto's backend takes them.
            subnet_ids: One subnet per host: one, or two for Multi-AZ.
        """
        database = self.create_db_instance(parameters)
        if not isinstance(database, DBInstance):
            raise TypeError("lab.aws.rds.install has to run before the first request")
        self.place(database, subnet_ids)
        self._later(database, CREATE_SECONDS, "creating", lambda: _set_available(database))
        return database

    def place(self, database: DBInstance, subnet_ids: list[str]) -> None:
        """Make the instance's interfaces, in place of those it has."""
        self.remove_interfaces(database)
        database.interface_ids = [
            create_service_interface(
                self.region_name,
                subnet_id=subnet_id,
                group_ids=database.vpc_security_group_ids,
                description=INTERFACE_DESCRIPTION,
                requester_id=REQUESTER,
            )
            for subnet_id in subnet_ids
        ]

    def remove_interfaces(self, database: DBInstance) -> None:
        """Remove the instance's interfaces."""
        for interface_id in database.interface_ids:
            delete_service_interface(self.region_name, interface_id)
        database.interface_ids = []

    def set_groups(self, database: DBInstance, group_ids: list[str]) -> None:
        """Give the instance and its interfaces other security groups."""
        database.vpc_security_group_ids = group_ids
        self.set_interface_groups(database, group_ids)

    def set_interface_groups(self, database: DBInstance, group_ids: list[str]) -> None:
        """Give the instance's interfaces other security groups."""
        for interface_id in database.interface_ids:
            ec2_backends[self.account_id][self.region_name].modify_network_interface_attribute(
                interface_id, group_ids
            )

    def change_later(self, item: DBInstance | DBCluster, apply: Callable[[], None]) -> None:
        """Apply changes a moment later; the instance or cluster reads `modifying` in between."""
        item.status = "modifying"

        def finish() -> None:
            apply()
            item.pending_modified_values = {}
            _set_available(item)

        self._later(item, MODIFY_SECONDS, "modifying", finish)

    def delete_later(self, database: DBInstance, *, delete_backups: bool) -> None:
        """Remove the instance and its interfaces a moment later."""
        database.status = "deleting"

        def remove() -> None:
            self.remove_interfaces(database)
            self.delete_db_instance(
                database.db_instance_identifier,
                skip_final_snapshot=True,
                delete_automated_backups=delete_backups,
            )

        self._later(database, delays.seconds(delays.DATABASE_DELETION), "deleting", remove)

    def start_cluster(self, parameters: dict[str, Any]) -> DBCluster:
        """Make a cluster without members, `available` a moment later."""
        cluster = self.create_db_cluster(parameters)
        if not isinstance(cluster, DBCluster):
            raise TypeError("lab.aws.rds.install has to run before the first request")
        self._later(cluster, CREATE_SECONDS, "creating", lambda: _set_available(cluster))
        return cluster

    def members_of(self, cluster: DBCluster) -> list[DBInstance]:
        """Return the instances of a cluster."""
        name = cluster.db_cluster_identifier
        found = [each for each in self.databases.values() if each.db_cluster_identifier == name]
        return [each for each in found if isinstance(each, DBInstance)]

    def set_cluster_groups(self, cluster: DBCluster, group_ids: list[str]) -> None:
        """Give a cluster, and the interfaces of its members, other security groups."""
        cluster.vpc_security_group_ids = group_ids
        for member in self.members_of(cluster):
            self.set_interface_groups(member, group_ids)

    def delete_cluster_later(self, cluster: DBCluster) -> None:
        """Remove a cluster and its automated snapshots a moment later, once its last member has gone."""
        cluster.status = "deleting"

        def remove() -> None:
            if self.members_of(cluster):
                self._later(cluster, delays.seconds(delays.DATABASE_DELETION), "deleting", remove)
                return
            name = cluster.db_cluster_identifier
            self.delete_db_cluster(name)
            for snapshot in self.describe_db_cluster_snapshots(name, "", "automated"):
                self.delete_db_cluster_snapshot(snapshot.db_cluster_snapshot_identifier)

        self._later(cluster, delays.seconds(delays.DATABASE_DELETION), "deleting", remove)

    def _later(
        self, item: DBInstance | DBCluster, seconds: float, status: str, action: Callable[[], None]
    ) -> None:
        table = self.clusters if isinstance(item, DBCluster) else self.databases

        def run() -> None:
            if table.get(item.resource_id) is item and item.status == status:
                action()

        after(seconds, run)


def _set_available(item: DBInstance | DBCluster) -> None:
    item.status = "available"
