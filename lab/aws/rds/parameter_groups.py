"""Parameter groups of instances and of clusters: families, resets, and that one in use stays."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import (
    DBClusterParameterGroupNotFoundError,
    DBParameterGroupNotFoundError,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)

from lab.aws.rds import engines
from lab.aws.rds.response_base import LabResponse


class ParameterGroupResponse(LabResponse):
    """Refuse what RDS refuses."""

    def create_db_parameter_group(self) -> ActionResult:
        """Refuse families that the lab's engines do not have."""
        _check_known(self.params.get("DBParameterGroupFamily"), engines.known_families())
        return super().create_db_parameter_group()

    def create_db_cluster_parameter_group(self) -> ActionResult:
        """Refuse families that no cluster of the lab has.

        Source: RDS API reference, CreateDBClusterParameterGroup;
        aws-cloudformation/cloudformation-coverage-roadmap#703 (code and text).
        """
        _check_known(self.params.get("DBParameterGroupFamily"), engines.known_families(clustered=True))
        return super().create_db_cluster_parameter_group()

    def describe_db_parameter_groups(self) -> ActionResult:
        """Refuse an unknown name, for which moto answers an empty list."""
        name = self.params.get("DBParameterGroupName")
        if name and name not in self.backend.db_parameter_groups:
            raise DBParameterGroupNotFoundError(name)
        return super().describe_db_parameter_groups()

    def delete_db_parameter_group(self) -> ActionResult:
        """Refuse a default group and one that instances use.

        Source: RDS API reference, DeleteDBParameterGroup (InvalidDBParameterGroupState).
        """
        name = str(self.params.get("DBParameterGroupName"))
        _check_deletable(name, [each.db_parameter_group_name for each in self.instances()])
        return super().delete_db_parameter_group()

    def delete_db_cluster_parameter_group(self) -> ActionResult:
        """Refuse a default group and one that clusters use.

        Source: RDS API reference, DeleteDBClusterParameterGroup (InvalidDBParameterGroupState).
        """
        name = str(self.params.get("DBClusterParameterGroupName"))
        _check_deletable(name, [each.parameter_group for each in self.clusters()])
        return super().delete_db_cluster_parameter_group()

    def reset_db_parameter_group(self) -> ActionResult:
        """Put parameters back to their defaults, which a group does not list among its own.

        Source: RDS API reference, ResetDBParameterGroup. moto does not have it.
        """
        name = str(self.params.get("DBParameterGroupName"))
        group = self.backend.db_parameter_groups.get(name)
        if group is None:
            raise DBParameterGroupNotFoundError(name)
        _reset(group.parameters, self.params)
        return ActionResult({"DBParameterGroupName": group.name})

    def reset_db_cluster_parameter_group(self) -> ActionResult:
        """Put a cluster's parameters back to their defaults.

        Source: RDS API reference, ResetDBClusterParameterGroup. moto does not have it.
        """
        name = str(self.params.get("DBClusterParameterGroupName"))
        group = self.backend.db_cluster_parameter_groups.get(name)
        if group is None:
            raise DBClusterParameterGroupNotFoundError(name)
        _reset(group.parameters, self.params)
        return ActionResult({"DBClusterParameterGroupName": group.name})


def _check_known(family: str | None, known: set[str]) -> None:
    if family and family not in known:
        raise InvalidParameterValue(f"ParameterGroupFamily {family} is not a valid parameter group family")


def _check_deletable(name: str, used: list[str | None]) -> None:
    if name.startswith("default."):
        raise InvalidParameterValue("Default DBParameterGroup cannot be deleted: " + name)
    if name.lower() in {(each or "").lower() for each in used}:
        raise RDSClientError(
            "InvalidDBParameterGroupState",
            f"One or more database instances are still members of this parameter group {name}, "
            "so the group cannot be deleted",
        )


def _reset(present: MutableMapping[str, Any], request: Any) -> None:
    """Forget the parameters that a request names, or all of them."""
    named = [str(each["ParameterName"]) for each in request.get("Parameters") or ()]
    if named and request.get("ResetAllParameters"):
        raise InvalidParameterCombination("Parameters cannot be named when ResetAllParameters is true.")
    for name in named or list(present):
        present.pop(name, None)
