"""RDS of one account and region: moto's state, with interfaces in EC2 and what happens a moment later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends
from moto.rds import urls as stock_urls
from moto.rds.models import RDSBackend

from lab.aws.ec2.interfaces import create_service_interface, delete_service_interface
from lab.aws.rds.instances import DBInstance
from lab.aws.transitions import after

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTER = "amazon-rds"
INTERFACE_DESCRIPTION = "RDSNetworkInterface"
CREATE_SECONDS = 1.0
MODIFY_SECONDS = 0.5
DELETE_SECONDS = 1.0


class LabRDSBackend(RDSBackend):
    """Add network interfaces and transitions to moto's instances; refusals are the response class's part."""

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
        self._later(database, CREATE_SECONDS, "creating", lambda: self._set_available(database))
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
        for interface_id in database.interface_ids:
            ec2_backends[self.account_id][self.region_name].modify_network_interface_attribute(
                interface_id, group_ids
            )

    def change_later(self, database: DBInstance, apply: Callable[[], None]) -> None:
        """Apply changes a moment later; the instance reads `modifying` in between."""
        database.status = "modifying"

        def finish() -> None:
            apply()
            database.pending_modified_values = {}
            self._set_available(database)

        self._later(database, MODIFY_SECONDS, "modifying", finish)

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

        self._later(database, DELETE_SECONDS, "deleting", remove)

    def _later(self, database: DBInstance, seconds: float, status: str, action: Callable[[], None]) -> None:
        def run() -> None:
            current = self.databases.get(database.db_instance_identifier) is database
            if current and database.status == status:
                action()

        after(seconds, run)

    @staticmethod
    def _set_available(database: DBInstance) -> None:
        database.status = "available"
