"""An Aurora cluster as the lab shows it: its own status, default parameter group and pending values."""

from __future__ import annotations

from typing import Any

from moto.rds import models as stock


class DBCluster(stock.DBCluster):
    """Keep what moto leaves out; the class keeps moto's name, from which the wire names are derived."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build moto's cluster, `creating`.

        Source: terraform-provider-aws internal/service/rds/cluster.go: no storage type is shown for `aurora`.
        """
        self.pending_modified_values: dict[str, Any] = {}
        self.pending_changes: dict[str, Any] = {}
        super().__init__(*args, **kwargs)
        self.storage_type = None
        if not self.storage_encrypted:
            self.kms_key_id = None  # type: ignore[assignment]

    @property
    def status(self) -> str:
        """Return the status; moto's own ends with the first look at it."""
        return str(self._status)

    @status.setter
    def status(self, value: str) -> None:
        self._status = value
