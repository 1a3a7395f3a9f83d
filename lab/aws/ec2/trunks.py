"""Trunk associations: which branch interface hangs on which trunk, and under which VLAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.moto_api._internal import mock_random

from lab.aws.ec2.errors import ec2_error, not_found

TRUNK = "trunk"
BRANCH = "branch"


@dataclass(frozen=True)
class TrunkAssociation:
    """Tie a branch to a trunk.

    Args:
        association_id: `trunk-assoc-…`.
        branch_interface_id: The branch.
        trunk_interface_id: The trunk.
        vlan_id: VLAN of the branch on the trunk; None with a GRE key.
        gre_key: GRE key of the branch on the trunk; None with a VLAN.
        earlier_type: Interface type of the branch before, shown again afterwards.
    """

    association_id: str
    branch_interface_id: str
    trunk_interface_id: str
    vlan_id: int | None
    gre_key: int | None
    earlier_type: str

    @property
    def interface_protocol(self) -> str:
        """Return how packets name the branch: `VLAN` or `GRE`."""
        return "GRE" if self.vlan_id is None else "VLAN"


class TrunkTable:
    """Hold a region's associations of branch interfaces with trunks."""

    def __init__(self) -> None:
        """Start empty."""
        self._associations: dict[str, TrunkAssociation] = {}

    def all(self) -> list[TrunkAssociation]:
        """Return every association, oldest first."""
        return list(self._associations.values())

    def get(self, association_id: str) -> TrunkAssociation:
        """Return an association.

        Source: aws/amazon-vpc-resource-controller-k8s pkg/aws/errors (the code; its text is the lab's own).
        """
        if association_id not in self._associations:
            raise not_found("InvalidAssociationID.NotFound", "association ID", association_id)
        return self._associations[association_id]

    def of_branch(self, interface_id: str) -> TrunkAssociation | None:
        """Return the association of a branch; None if it has none."""
        return next((item for item in self.all() if item.branch_interface_id == interface_id), None)

    def of_trunk(self, interface_id: str) -> list[TrunkAssociation]:
        """Return the associations of a trunk, oldest first."""
        return [item for item in self.all() if item.trunk_interface_id == interface_id]

    def associate(
        self, trunk: Any, branch: Any, vlan_id: int | None, gre_key: int | None
    ) -> TrunkAssociation:
        """Hang a branch on a trunk; the branch reads `branch`, `in-use`, and has no attachment."""
        made = TrunkAssociation(
            f"trunk-assoc-{mock_random.get_random_hex(17)}",
            branch.id,
            trunk.id,
            vlan_id,
            gre_key,
            branch.interface_type,
        )
        self._associations[made.association_id] = made
        branch.interface_type = BRANCH
        branch.status = "in-use"
        return made

    def disassociate(self, backend: Any, association_id: str) -> None:
        """Take a branch from its trunk: it is free, and shows its earlier type."""
        gone = self._associations.pop(association_id)
        branch = backend.enis.get(gone.branch_interface_id)
        if branch is not None:
            branch.interface_type = gone.earlier_type
            branch.status = "available"

    def forget(self, backend: Any, interface_id: str) -> None:
        """Drop every association of an interface that is deleted, be it a trunk or a branch.

        Branches of a trunk that goes stay behind, free and without an owner.

        Source: aws/amazon-vpc-resource-controller-k8s pull request 372.
        """
        for item in self.all():
            if interface_id in {item.branch_interface_id, item.trunk_interface_id}:
                self.disassociate(backend, item.association_id)

    def detached(self, backend: Any, interface_id: str) -> None:
        """Drop the associations of a trunk that has lost its instance."""
        for item in self.of_trunk(interface_id):
            self.disassociate(backend, item.association_id)


def check_keys(vlan_id: int | None, gre_key: int | None) -> None:
    """Refuse a request that does not name exactly one way to mark packets.

    Source: EC2 API reference, AssociateTrunkInterface (VlanId, GreKey); the range is that of IEEE 802.1Q, the
    codes are the lab's own choice.
    """
    if vlan_id is None and gre_key is None:
        raise ec2_error("MissingParameter", "The request must contain the parameter VlanId or GreKey")
    if vlan_id is not None and gre_key is not None:
        problem = "The parameter VlanId cannot be used with the parameter GreKey"
        raise ec2_error("InvalidParameterCombination", problem)
    if vlan_id is not None and not _LOWEST_VLAN <= vlan_id <= _HIGHEST_VLAN:
        problem = f"Value ({vlan_id}) for parameter VlanId is invalid. VLAN ids are 1 to {_HIGHEST_VLAN}."
        raise ec2_error("InvalidParameterValue", problem)
    if gre_key is not None and not 0 <= gre_key <= _HIGHEST_GRE_KEY:
        problem = f"Value ({gre_key}) for parameter GreKey is invalid. A GRE key has 32 bits."
        raise ec2_error("InvalidParameterValue", problem)


_LOWEST_VLAN = 1
_HIGHEST_VLAN = 4094
_HIGHEST_GRE_KEY = 2**32 - 1
