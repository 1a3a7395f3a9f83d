"""Calls about trunk interfaces and the branches on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult

from lab.aws.ec2.errors import ec2_error, not_found
from lab.aws.ec2.limits import limits_of
from lab.aws.ec2.permissions import PermissionCalls
from lab.aws.ec2.read_lag import LAG
from lab.aws.ec2.trunks import TRUNK, TrunkAssociation, check_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.aws.ec2.trunks import TrunkTable

_CREATION_TYPES = {"interface", "branch", "efa", "efa-only", "trunk"}
_TIMEOUTS = {
    "TcpEstablishedTimeout": (60, 432_000),
    "UdpStreamTimeout": (60, 180),
    "UdpTimeout": (30, 60),
}
_FILTERS = {"gre-key": "gre_key", "interface-protocol": "interface_protocol"}


class TrunkCalls(PermissionCalls):
    """Serve trunk and branch interfaces, which moto lacks."""

    @property
    def _trunks(self) -> TrunkTable:
        trunks: TrunkTable = self.ec2_backend.trunks
        return trunks

    def create_network_interface(self) -> ActionResult:
        """Keep the type and the timeouts of connection tracking.

        Source: EC2 API reference, CreateNetworkInterface (InterfaceType),
        ConnectionTrackingSpecificationRequest; the codes are the lab's own choice.
        """
        kind = self._get_param("InterfaceType") or "interface"
        if kind not in _CREATION_TYPES:
            problem = f"Value ({kind}) for parameter InterfaceType is invalid."
            raise ec2_error("InvalidParameterValue", problem)
        timeouts = self._timeouts()
        result = super().create_network_interface()
        made: Any = result.result
        made["NetworkInterface"].interface_type = kind
        if timeouts:
            made["NetworkInterface"].connection_tracking_configuration = timeouts
        return result

    def _timeouts(self) -> dict[str, int]:
        wanted = self._get_param("ConnectionTrackingSpecification") or {}
        timeouts = {name: int(wanted[name]) for name in _TIMEOUTS if wanted.get(name) is not None}
        for name, seconds in timeouts.items():
            lowest, highest = _TIMEOUTS[name]
            if not lowest <= seconds <= highest:
                problem = f"Value ({seconds}) for parameter {name} is invalid. It is {lowest} to {highest}."
                raise ec2_error("InvalidParameterValue", problem)
        return timeouts

    def associate_trunk_interface(self) -> ActionResult:
        """Hang a branch on a trunk.

        Source: EC2 API reference, AssociateTrunkInterface; EC2 user guide of the API, ensuring idempotency.
        """
        trunk: Any = self.ec2_backend.get_network_interface(self._get_param("TrunkInterfaceId"))
        branch: Any = self.ec2_backend.get_network_interface(self._get_param("BranchInterfaceId"))
        vlan_id, gre_key = self._get_int_param("VlanId"), self._get_int_param("GreKey")
        check_keys(vlan_id, gre_key)
        self._check_trunk(trunk)
        self._check_branch(branch, trunk)
        self._check_room(trunk, vlan_id, gre_key)
        self.error_on_dryrun()
        made = self._trunks.associate(trunk, branch, vlan_id, gre_key)
        return ActionResult(
            {"InterfaceAssociation": self._shown(made), "ClientToken": self._get_param("ClientToken")}
        )

    def disassociate_trunk_interface(self) -> ActionResult:
        """Take a branch from its trunk; its type is what it was before (the lab's own choice).

        Source: EC2 API reference, DisassociateTrunkInterface.
        """
        association = self._trunks.get(self._get_param("AssociationId"))
        self.error_on_dryrun()
        self._trunks.disassociate(self.ec2_backend, association.association_id)
        return ActionResult({"Return": True, "ClientToken": self._get_param("ClientToken")})

    def describe_trunk_interface_associations(self) -> ActionResult:
        """Return associations.

        Source: EC2 API reference, DescribeTrunkInterfaceAssociations (filters gre-key, interface-protocol).
        """
        ids = self._get_param("AssociationIds", [])
        known = LAG.read(self.ec2_backend).associations if LAG.concerns(self.headers) else None
        if known is None:
            found = [self._trunks.get(each) for each in ids] or self._trunks.all()
        else:
            found = [_known(known, each) for each in ids] or list(known.values())
        for entry in self._get_param("Filters", []):
            name, values = entry["Name"], entry["Values"]
            if name in _FILTERS:
                found = [item for item in found if str(getattr(item, _FILTERS[name])) in values]
            else:
                found = [item for item in found if self._tag(item, name.removeprefix("tag:")) in values]
        self.error_on_dryrun()
        return ActionResult({"InterfaceAssociations": [self._shown(item) for item in found]})

    def delete_network_interface(self) -> ActionResult:
        """Delete an associated branch too: its association goes with it.

        Source: aws/amazon-vpc-resource-controller-k8s pull request 372.
        """
        interface_id = self._get_param("NetworkInterfaceId")
        if self._trunks.of_branch(interface_id):
            self.error_on_dryrun()
            self._trunks.forget(self.ec2_backend, interface_id)
        return super().delete_network_interface()

    def attach_network_interface(self) -> ActionResult:
        """Refuse a branch that hangs on a trunk.

        Source: EC2 error codes page, InvalidNetworkInterface.InUse.
        """
        interface_id = self._get_param("NetworkInterfaceId")
        if self._trunks.of_branch(interface_id):
            raise _in_use(interface_id)
        return super().attach_network_interface()

    def detach_network_interface(self) -> ActionResult:
        """Refuse a trunk that carries branches (the code is the lab's own choice)."""
        attachment_id = self._get_param("AttachmentId")
        for item in self._trunks.all():
            trunk = self.ec2_backend.enis[item.trunk_interface_id]
            if trunk.attachment and trunk.attachment.attachment_id == attachment_id:
                problem = f"Network interface '{trunk.id}' is a trunk with associated branch interfaces."
                raise ec2_error("OperationNotPermitted", problem)
        return super().detach_network_interface()

    def _check_trunk(self, trunk: Any) -> None:
        if trunk.interface_type != TRUNK:
            problem = f"Network interface '{trunk.id}' is of type {trunk.interface_type}, not {TRUNK}."
            raise ec2_error("InvalidParameterValue", problem)
        if trunk.instance is None:
            problem = f"Network interface '{trunk.id}' is not attached to an instance."
            raise ec2_error("IncorrectState", problem)
        if not _branch_count(trunk.instance.instance_type):
            problem = f"Instance type {trunk.instance.instance_type} does not carry branch interfaces."
            raise ec2_error("UnsupportedOperation", problem)

    def _check_branch(self, branch: Any, trunk: Any) -> None:
        if branch.interface_type not in {"interface", "branch"}:
            problem = f"Network interface '{branch.id}' is of type {branch.interface_type}."
            raise ec2_error("InvalidParameterValue", problem)
        if branch.status != "available":
            raise _in_use(branch.id)
        if branch.vpc_id != trunk.vpc_id:
            problem = "You have specified two resources that belong to different networks."
            raise ec2_error("InvalidParameterValue", problem)
        if branch.availability_zone != trunk.availability_zone:
            problem = (
                f"Network interface '{branch.id}' is in {branch.availability_zone}, "
                f"its trunk '{trunk.id}' in {trunk.availability_zone}."
            )
            raise ec2_error("InvalidParameterValue", problem)

    def _check_room(self, trunk: Any, vlan_id: int | None, gre_key: int | None) -> None:
        held = self._trunks.of_trunk(trunk.id)
        if any((item.vlan_id, item.gre_key) == (vlan_id, gre_key) for item in held):
            key = f"GRE key {gre_key}" if vlan_id is None else f"VLAN {vlan_id}"
            problem = f"{key} is already in use on trunk interface '{trunk.id}'."
            raise ec2_error("InvalidParameterValue", problem)
        count = _branch_count(trunk.instance.instance_type)
        if len(held) >= count:
            problem = f"Branch interface count {len(held) + 1} exceeds the limit for "
            raise ec2_error("AttachmentLimitExceeded", problem + str(trunk.instance.instance_type))

    def _shown(self, item: TrunkAssociation) -> dict[str, Any]:
        tags = self.ec2_backend.tags.get(item.association_id, {})
        return {
            "AssociationId": item.association_id,
            "BranchInterfaceId": item.branch_interface_id,
            "TrunkInterfaceId": item.trunk_interface_id,
            "InterfaceProtocol": item.interface_protocol,
            "VlanId": item.vlan_id,
            "GreKey": item.gre_key,
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }

    def _tag(self, item: TrunkAssociation, key: str) -> str | None:
        value: str | None = self.ec2_backend.tags.get(item.association_id, {}).get(key)
        return value


def _branch_count(instance_type: str) -> int:
    limits = limits_of(instance_type)
    return limits.branch_interfaces if limits else 0


def _known(associations: Mapping[str, TrunkAssociation], association_id: str) -> TrunkAssociation:
    if association_id not in associations:
        raise not_found("InvalidAssociationID.NotFound", "association ID", association_id)
    return associations[association_id]


def _in_use(interface_id: str) -> Exception:
    return ec2_error("InvalidNetworkInterface.InUse", f"Interface: [{interface_id}] in use.")
