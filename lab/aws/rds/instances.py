"""Database instances as the lab shows them: no endpoint too early, a secret with the right user."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from moto.rds import models as stock

from lab.aws.rds import engines

PASSWORD_LENGTH = 28
SECRET_CHARACTERS = string.ascii_letters + string.digits + "!#$%&()*+,-.:;<=>?[]^_{|}~"


class MasterUserSecret(stock.MasterUserSecret):
    """Hold the master user's name and a random password.

    Source: RDS user guide, "Password management with Amazon RDS and AWS Secrets Manager".
    """

    def _generate_secret_string(self) -> str:
        password = "".join(secrets.choice(SECRET_CHARACTERS) for _ in range(PASSWORD_LENGTH))
        return json.dumps({"username": self.resource.master_username, "password": password})


class DBInstance(stock.DBInstance):
    """Keep what moto leaves out; the class keeps moto's name, from which the wire names are derived."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build moto's instance, `creating`, with an id of its own."""
        self.interface_ids: list[str] = []
        self.pending_modified_values: dict[str, Any] = {}
        self.pending_changes: dict[str, Any] = {}
        super().__init__(*args, **kwargs)
        self.dbi_resource_id = "db-" + "".join(
            secrets.choice(string.ascii_uppercase + string.digits) for _ in range(26)
        )
        self.status = "creating"

    @property
    def endpoint(self) -> dict[str, Any] | None:  # type: ignore[override]
        """Return the endpoint; None while the instance is being created.

        Source: RDS API reference, DBInstance (Endpoint might not be shown while creating).
        """
        if self.status == "creating":
            return None
        return {"Address": self.address, "Port": self.port, "HostedZoneId": "Z1PVIF0B656C1W"}


class DBInstanceClustered(DBInstance, stock.DBInstanceClustered):
    """A member of an Aurora cluster, which decides on all that the members share."""

    def save_automated_backup(self) -> None:
        """Leave backups to the cluster."""

    def default_db_parameter_group_details(self) -> tuple[str, str]:
        """Return the family of the cluster's version, and its default group.

        moto cuts the version at its last dot, which is not where Aurora MySQL's family ends.
        """
        family = engines.family(str(self.engine), self.engine_version)
        return family, f"default.{family}"
