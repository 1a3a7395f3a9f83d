"""The trunk calls of explicit branch ENIs: whether they are open, hanging a branch on, taking it off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from podsg.errors import AccessDeniedError, AwsError, CapacityError, Ec2CallError, InUseError, NotFoundError
from podsg.lifecycle.branch_eni_errors import foreign, no_vlan, not_open
from podsg.lifecycle.calls import PROPAGATION_SECONDS
from podsg.lifecycle.eni_states import BranchEniSpec, EniState, state_of
from podsg.lifecycle.interfaces import NetworkInterface, TrunkAssociation
from podsg.lifecycle.ports import Clock, Ec2
from podsg.lifecycle.retries import Kind, kind_of
from podsg.lifecycle.tokens import client_token
from podsg.lifecycle.vlans import HIGHEST_VLAN, Vlans

POLL_SECONDS: Final = 5.0


class _VlanRefusedError(Exception):
    """EC2 refused a VLAN, which somebody else has by now."""


@dataclass
class TrunkCalls:
    """Hang branches on trunks, and take them off.

    Args:
        ec2: The account; every error that a second try cures is tried again already.
        clock: Time.
        vlans: VLANs that this process has handed out.
    """

    ec2: Ec2
    clock: Clock
    vlans: Vlans = field(default_factory=Vlans)

    def probe(self, spec: BranchEniSpec) -> None:
        """Find out by DryRun whether the account may make the trunk call; only a refused right is a no."""
        if self.vlans.is_open(spec.trunk_eni_id):
            return
        try:
            self.ec2.associate_trunk_interface(
                branch_id=spec.trunk_eni_id,
                trunk_id=spec.trunk_eni_id,
                vlan_id=spec.vlan_id or HIGHEST_VLAN,
                token=client_token("probe", spec.trunk_eni_id),
                dry_run=True,
            )
        except AccessDeniedError as error:
            raise not_open(spec, error) from None
        except AwsError as error:
            if not _says_more_than_rights(error):
                raise
        self.vlans.note_open(spec.trunk_eni_id)

    def hang(self, interface_id: str, spec: BranchEniSpec, *, is_new: bool) -> TrunkAssociation:
        """Hang an interface on its trunk, unless it is there; a VLAN that somebody else takes gives way.

        A list may lag: what EC2 refused is not asked for again, whatever the next list shows; and after it
        gave an association, a list with another one is that of before, until it must have caught up.

        Args:
            interface_id: The branch.
            spec: What is wanted.
            is_new: This operation made the branch, so that nobody else can have hung it elsewhere.

        Raises:
            TrunkCallNotOpenError: The account may not make the call.
            CapacityError: No VLAN is free.
            StateError: It hangs elsewhere.
        """
        refused: set[int] = set()
        made: TrunkAssociation | None = None
        caught_up = self.clock.now() + PROPAGATION_SECONDS
        for attempt in range(HIGHEST_VLAN):
            associations = self.ec2.describe_trunk_associations()
            own = next((one for one in associations if one.branch_id == interface_id), None)
            if own is not None and made not in {None, own} and self.clock.now() < caught_up:
                self.clock.sleep(POLL_SECONDS)
                continue
            if own is not None:
                return _checked(own, spec)
            used = refused | {one.vlan_id for one in associations if one.trunk_id == spec.trunk_eni_id}
            vlan_id = self.vlans.take(spec.trunk_eni_id, used, spec.vlan_id)
            if not vlan_id:
                raise no_vlan(spec, used)
            try:
                made = self._associate(interface_id, spec, vlan_id, attempt) or made
            except _VlanRefusedError:
                refused.add(vlan_id)
                continue
            finally:
                self.vlans.give_back(spec.trunk_eni_id, vlan_id)
            if made is not None and is_new:
                return made
        raise no_vlan(spec, set(range(1, HIGHEST_VLAN + 1)))

    def _associate(
        self, interface_id: str, spec: BranchEniSpec, vlan_id: int, attempt: int
    ) -> TrunkAssociation | None:
        """Make the trunk call; None if another look has to show what came of it.

        Raises:
            _VlanRefusedError: EC2 does not give this VLAN.
        """
        trunk_id = spec.trunk_eni_id
        try:
            return self.ec2.associate_trunk_interface(
                branch_id=interface_id,
                trunk_id=trunk_id,
                vlan_id=vlan_id,
                token=client_token("associate", interface_id, trunk_id, vlan_id, attempt, self.clock.now()),
            )
        except AccessDeniedError as error:
            raise not_open(spec, error) from None
        except InUseError:
            self.clock.sleep(POLL_SECONDS)
            return None
        except Ec2CallError as error:
            if error.code == "InvalidParameterValue":
                raise _VlanRefusedError from None
            if kind_of(error.call, error.code) is Kind.NO_ANSWER:
                return None
            raise

    def take_off(self, interface: NetworkInterface, association_id: str) -> None:
        """Take an interface from its trunk; a recorded association counts more than a list that may lag."""
        if not association_id and state_of(interface) is EniState.ASSOCIATED:
            found = self.association_of(interface.id)
            association_id = found.id if found else ""
        if association_id:
            token = client_token("disassociate", association_id)
            self.ec2.disassociate_trunk_interface(association_id, token=token)

    def association_of(self, eni_id: str) -> TrunkAssociation | None:
        """Return the association of a branch."""
        found = self.ec2.describe_trunk_associations()
        return next((one for one in found if one.branch_id == eni_id), None)


def _checked(own: TrunkAssociation, spec: BranchEniSpec) -> TrunkAssociation:
    if not is_wanted(own, spec):
        raise foreign(
            spec,
            f"{own.branch_id} hangs on {own.trunk_id} under VLAN {own.vlan_id};"
            f" wanted: {spec.trunk_eni_id}{f' under VLAN {spec.vlan_id}' if spec.vlan_id else ''}",
        )
    return own


def is_wanted(found: TrunkAssociation, spec: BranchEniSpec) -> bool:
    """Tell whether an association is on the trunk and under the VLAN that are wanted."""
    return found.trunk_id == spec.trunk_eni_id and spec.vlan_id in {0, found.vlan_id}


def _says_more_than_rights(error: AwsError) -> bool:
    """Tell whether EC2 has looked beyond the rights: it found fault with the made-up branch of the probe."""
    if isinstance(error, Ec2CallError):
        return kind_of(error.call, error.code) in {Kind.OTHER, Kind.STATE, Kind.MALFORMED, Kind.TOKEN}
    return isinstance(error, NotFoundError | InUseError | CapacityError)
