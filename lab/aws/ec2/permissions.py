"""Permissions of network interfaces: who else may attach one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response
from moto.moto_api._internal import mock_random

from lab.aws.ec2.errors import ec2_error, not_found
from lab.aws.transitions import after

_KINDS = ("INSTANCE-ATTACH", "EIP-ASSOCIATE")
_GRANTED_AFTER_SECONDS = 0.2
_PAGE_SIZE = 50
_FILTER_PREFIX = "network-interface-permission."
_FILTERS = {
    "network-interface-permission-id": "network_interface_permission_id",
    "network-interface-id": "network_interface_id",
    "aws-account-id": "aws_account_id",
    "aws-service": "aws_service",
    "permission": "permission",
}


@dataclass
class InterfacePermission:
    """Let an account or an AWS service use an interface of somebody else."""

    network_interface_permission_id: str
    network_interface_id: str
    aws_account_id: str | None
    aws_service: str | None
    permission: str
    state: str = "pending"

    @property
    def permission_state(self) -> dict[str, str]:
        """Return the state as EC2 shows it."""
        return {"State": self.state}

    def grant(self) -> None:
        """Let the permission count."""
        self.state = "granted"


def permissions_of(interface: Any) -> dict[str, InterfacePermission]:
    """Return the permissions of an interface by id; they live and go with it."""
    held: dict[str, InterfacePermission] = vars(interface).setdefault("permissions", {})
    return held


class PermissionCalls(EC2Response):
    """Serve permissions of network interfaces, which moto lacks."""

    def create_network_interface_permission(self) -> ActionResult:
        """Grant a permission to one account or one service, a moment later.

        Source: EC2 API reference, CreateNetworkInterfacePermission, NetworkInterfacePermissionState; the code
        for an account together with a service is the lab's own choice.
        """
        interface: Any = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
        account_id, service = self._get_param("AwsAccountId"), self._get_param("AwsService")
        kind = self._get_param("Permission")
        if not account_id and not service:
            raise ec2_error("MissingParameter", "The request must contain the parameter AwsAccountId")
        if account_id and service:
            problem = "The parameter AwsAccountId cannot be used with the parameter AwsService"
            raise ec2_error("InvalidParameterCombination", problem)
        if kind not in _KINDS:
            problem = f"Value ({kind}) for parameter Permission is invalid. Valid values: {', '.join(_KINDS)}"
            raise ec2_error("InvalidParameterValue", problem)
        self.error_on_dryrun()
        made = InterfacePermission(
            f"eni-perm-{mock_random.get_random_hex(17)}", interface.id, account_id, service, kind
        )
        permissions_of(interface)[made.network_interface_permission_id] = made
        after(_GRANTED_AFTER_SECONDS, made.grant)
        return ActionResult({"InterfacePermission": made})

    def describe_network_interface_permissions(self) -> ActionResult:
        """Return permissions, 50 to a page unless another size is asked for.

        Source: EC2 API reference, DescribeNetworkInterfacePermissions (MaxResults); the code for an unknown
        id is the lab's own choice.
        """
        known = self._permissions()
        ids = self._get_param("NetworkInterfacePermissionIds", [])
        found = [self._permission(each) for each in ids] or list(known.values())
        for entry in self._get_param("Filters", []):
            field = _FILTERS[entry["Name"].removeprefix(_FILTER_PREFIX)]
            found = [item for item in found if getattr(item, field) in entry["Values"]]
        self.error_on_dryrun()
        if not self._get_param("MaxResults"):
            self.params["MaxResults"] = _PAGE_SIZE
        return ActionResult({"NetworkInterfacePermissions": found})

    def delete_network_interface_permission(self) -> ActionResult:
        """Remove a permission; one whose account has attached the interface goes by force only.

        Source: EC2 API reference, DeleteNetworkInterfacePermission; the code of the refusal is the lab's own
        choice.
        """
        permission = self._permission(self._get_param("NetworkInterfacePermissionId"))
        interface: Any = self.ec2_backend.get_network_interface(permission.network_interface_id)
        attached = interface.attachment
        if attached and not self._get_bool_param("Force") and _is_user(permission, attached):
            problem = (
                f"Network interface '{interface.id}' is attached by account {permission.aws_account_id}."
            )
            raise ec2_error("OperationNotPermitted", problem)
        self.error_on_dryrun()
        del permissions_of(interface)[permission.network_interface_permission_id]
        return ActionResult({"Return": True})

    def _permissions(self) -> dict[str, InterfacePermission]:
        held: dict[str, InterfacePermission] = {}
        for interface in list(self.ec2_backend.enis.values()):
            held |= permissions_of(interface)
        return held

    def _permission(self, permission_id: str) -> InterfacePermission:
        found = self._permissions().get(permission_id)
        if found is None:
            code = "InvalidNetworkInterfacePermissionID.NotFound"
            raise not_found(code, "networkInterfacePermission ID", permission_id)
        return found


def _is_user(permission: InterfacePermission, attachment: Any) -> bool:
    return permission.aws_account_id == str(attachment.instance_owner_id)
