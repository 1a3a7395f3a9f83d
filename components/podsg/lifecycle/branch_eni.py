"""Explicit branch ENIs: made, adopted, changed and deleted, never a second one and never a lost one.

```
            CreateNetworkInterface      AssociateTrunkInterface
  ABSENT ─────────────────────────► FREE ─────────────────────► ASSOCIATED
    ▲                               │  ▲                            │
    └───────────────────────────────┘  └────────────────────────────┘
        DeleteNetworkInterface             DisassociateTrunkInterface
```

Every operation looks where the ENI is and takes the next step from there: what was cut off goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from podsg.errors import (
    AccessDeniedError,
    AwsError,
    CapacityError,
    DeadlineError,
    Ec2CallError,
    InUseError,
    NotFoundError,
)
from podsg.lifecycle.branch_eni_errors import foreign, gone, no_trunk, no_vlan, not_open, tokens_used_up
from podsg.lifecycle.calls import PROPAGATION_SECONDS
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.eni_states import BranchEni, BranchEniSpec, EniState, state_of
from podsg.lifecycle.interfaces import ENI_OWNER_TAG, NetworkInterface, NewInterface, TrunkAssociation
from podsg.lifecycle.ports import Clock, Ec2, Say
from podsg.lifecycle.retries import Kind, kind_of
from podsg.lifecycle.tokens import NAME_TAG, OWNER_TAG, client_token, is_own
from podsg.lifecycle.vlans import HIGHEST_VLAN, Vlans

__all__ = ["BranchEni", "BranchEniSpec", "BranchEnis", "EniState", "state_of"]

POLL_SECONDS: Final = 5.0
LONGEST_GENERATIONS: Final = 20
"""Branch ENIs of one name and shape that EC2 may still remember by their tokens."""


class _VlanRefusedError(Exception):
    """EC2 refused a VLAN, which somebody else has by now."""


@dataclass
class BranchEnis:
    """Make, read, change and delete explicit branch ENIs.

    Args:
        ec2: The account; every error that a second try cures is tried again already.
        clock: Time.
        say: Receives progress.
        vlans: VLANs that this process has handed out.
    """

    ec2: Ec2
    clock: Clock
    say: Say
    vlans: Vlans = field(default_factory=Vlans)

    def create(self, spec: BranchEniSpec) -> BranchEni:
        """Make a branch ENI and hang it on its trunk, or go on with one that was cut off.

        EC2 calls: AssociateTrunkInterface with DryRun (once per trunk and process),
        DescribeNetworkInterfaces, CreateNetworkInterface, DescribeTrunkInterfaceAssociations,
        AssociateTrunkInterface; if it fails, DeleteNetworkInterface of what it made.

        Raises:
            TrunkCallNotOpenError: The account may not associate trunk interfaces.
            CapacityError: No VLAN, slot or address is free.
            StateError: What is to be adopted is somebody else's, or does not fit.
        """
        trunk = self._trunk(spec)
        self._probe(spec)
        if spec.adopt_eni_id:
            return self._associated(self._adopted(spec, trunk), spec, is_new=False)
        subnet_id = spec.subnet_id or trunk.subnet_id
        interface = self._left_by_a_cut(spec, subnet_id)
        is_new = interface is None
        interface = interface or self._made(spec, subnet_id)
        if interface.zone != trunk.zone:
            self._undo(interface)
            raise foreign(spec, f"{subnet_id} is in {interface.zone}; wanted: {trunk.zone}, as its trunk")
        try:
            return self._associated(interface, spec, is_new=is_new)
        except (AwsError, DeadlineError):
            self._undo(interface)
            raise

    def read(self, eni_id: str, spec: BranchEniSpec, association_id: str = "") -> BranchEni | None:
        """Return what is there; None if it is gone, which is believed at the second look.

        EC2 calls: DescribeNetworkInterfaces; DescribeTrunkInterfaceAssociations if the association is not
        known.
        """
        interface = self._interface(eni_id)
        if interface is None:
            self.clock.sleep(POLL_SECONDS)
            interface = self._interface(eni_id)
        if interface is None:
            return None
        return self.seen(interface, spec, association_id)

    def seen(self, interface: NetworkInterface, spec: BranchEniSpec, association_id: str) -> BranchEni:
        """Return the branch ENI of an interface that was seen; see `read`."""
        if state_of(interface) is EniState.FREE:
            return BranchEni(interface, spec.trunk_eni_id)
        if association_id:
            return BranchEni(interface, spec.trunk_eni_id, association_id)
        found = self._association(interface.id)
        if found is None:
            return BranchEni(interface, spec.trunk_eni_id)
        return BranchEni(interface, found.trunk_id, found.id, found.vlan_id)

    def update(self, eni_id: str, spec: BranchEniSpec) -> BranchEni:
        """Give a branch ENI its groups, description and tags, and hang it on its trunk again if it is off.

        EC2 calls: DescribeNetworkInterfaces, ModifyNetworkInterfaceAttribute, CreateTags, DeleteTags; for a
        lost association those of `create`.

        Raises:
            NotFoundError: It is gone.
            StateError: It is somebody else's.
        """
        interface = self._interface(eni_id)
        if interface is None:
            raise gone(eni_id)
        self._refuse_foreign(interface, spec)
        self._bring_in_line(interface, spec)
        return self._associated(self._interface(eni_id) or interface, spec, is_new=False)

    def delete(self, eni_id: str, spec: BranchEniSpec, association_id: str = "") -> None:
        """Take a branch ENI from its trunk, let it rest, and delete it; one that is gone is fine.

        EC2 calls: DescribeNetworkInterfaces, DisassociateTrunkInterface, DeleteNetworkInterface;
        DescribeTrunkInterfaceAssociations if the association is not known. Never touched: an interface
        without the tags of this resource.

        Raises:
            StateError: It is somebody else's.
        """
        interface = self._interface(eni_id)
        if interface is not None:
            self._refuse_foreign(interface, spec)
            self._take_off(interface, association_id)
            if spec.cooldown_seconds:
                self.clock.sleep(spec.cooldown_seconds)
        self._delete_for_good(eni_id)

    def _trunk(self, spec: BranchEniSpec) -> NetworkInterface:
        trunk = self._interface(spec.trunk_eni_id)
        if trunk is None:
            raise gone(spec.trunk_eni_id)
        if trunk.interface_type != "trunk":
            raise no_trunk(spec, trunk)
        return trunk

    def _probe(self, spec: BranchEniSpec) -> None:
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

    def _left_by_a_cut(self, spec: BranchEniSpec, subnet_id: str) -> NetworkInterface | None:
        """Return what a create that was cut off made; what does not fit, or is one too many, is deleted."""
        filters = {f"tag:{OWNER_TAG}": [spec.owner], f"tag:{NAME_TAG}": [spec.name]}
        found = self.ec2.describe_network_interfaces(filters=filters)
        kept: NetworkInterface | None = None
        for one in sorted(found, key=lambda each: (state_of(each) is EniState.FREE, each.id)):
            if kept is None and one.subnet_id == subnet_id and self._fits(one, spec):
                kept = one
                continue
            self._take_off(one, "")
            self._delete_for_good(one.id)
        if kept is not None:
            self._bring_in_line(kept, spec)
        return kept

    def _fits(self, interface: NetworkInterface, spec: BranchEniSpec) -> bool:
        if state_of(interface) is EniState.FREE:
            return True
        found = self._association(interface.id)
        return found is not None and _is_wanted(found, spec)

    def _made(self, spec: BranchEniSpec, subnet_id: str) -> NetworkInterface:
        """Create the interface; a token that EC2 remembers for one that is gone gives way to the next."""
        shape = (subnet_id, sorted(spec.group_ids), spec.description, sorted(spec.all_tags.items()))
        for generation in range(LONGEST_GENERATIONS):
            token = client_token(spec.owner, spec.name, spec.trunk_eni_id, spec.vlan_id, shape, generation)
            wanted = NewInterface(
                subnet_id, tuple(sorted(spec.group_ids)), spec.description, spec.all_tags, token
            )
            try:
                made = self.ec2.create_network_interface(wanted)
            except Ec2CallError as error:
                if kind_of(error.call, error.code) is not Kind.TOKEN:
                    raise
                if (left := self._left_by_a_cut(spec, subnet_id)) is not None:
                    return left
                continue
            if (interface := self._interface(made.id)) is not None:
                return interface
            self.say(f"{spec.name}: EC2 remembers {made.id}, which is gone; making another one …")
        raise tokens_used_up(spec, LONGEST_GENERATIONS)

    def _adopted(self, spec: BranchEniSpec, trunk: NetworkInterface) -> NetworkInterface:
        interface = self._interface(spec.adopt_eni_id)
        if interface is None:
            raise gone(spec.adopt_eni_id)
        owner = interface.tags.get(OWNER_TAG) or interface.tags.get(ENI_OWNER_TAG)
        if owner and not is_own(interface, spec.owner, spec.name):
            raise foreign(spec, f"{interface.id} belongs to {owner}")
        if interface.is_requester_managed or interface.instance_id:
            raise foreign(spec, f"{interface.id} is in use by {interface.instance_id or 'an AWS service'}")
        wanted = spec.subnet_id or interface.subnet_id
        if (interface.subnet_id, interface.zone) != (wanted, trunk.zone):
            place = f"{interface.subnet_id} ({interface.zone})"
            raise foreign(spec, f"{interface.id} is in {place}; wanted: {wanted} ({trunk.zone})")
        self._bring_in_line(interface, spec)
        return interface

    def _bring_in_line(self, interface: NetworkInterface, spec: BranchEniSpec) -> None:
        if interface.group_ids != frozenset(spec.group_ids):
            self.ec2.modify_network_interface(interface.id, group_ids=sorted(spec.group_ids))
        if interface.description != spec.description:
            self.ec2.modify_network_interface(interface.id, description=spec.description)
        wanted = spec.all_tags
        if new := {key: value for key, value in wanted.items() if interface.tags.get(key) != value}:
            self.ec2.create_tags(interface.id, new)
        if old := sorted(key for key in interface.tags.keys() - wanted.keys() if not key.startswith("aws:")):
            self.ec2.delete_tags(interface.id, old)

    def _associated(self, interface: NetworkInterface, spec: BranchEniSpec, *, is_new: bool) -> BranchEni:
        """Hang an interface on its trunk, unless it is there; a VLAN that somebody else takes gives way.

        A list may lag: what EC2 refused is not asked for again, whatever the next list shows.
        """
        refused: set[int] = set()
        for attempt in range(HIGHEST_VLAN):
            associations = self.ec2.describe_trunk_associations()
            own = next((one for one in associations if one.branch_id == interface.id), None)
            if own is not None:
                return self._checked(interface, own, spec)
            used = refused | {one.vlan_id for one in associations if one.trunk_id == spec.trunk_eni_id}
            vlan_id = self.vlans.take(spec.trunk_eni_id, used, spec.vlan_id)
            if not vlan_id:
                raise no_vlan(spec, used)
            try:
                made = self._associate(interface.id, spec, vlan_id, attempt)
            except _VlanRefusedError:
                refused.add(vlan_id)
                continue
            finally:
                self.vlans.give_back(spec.trunk_eni_id, vlan_id)
            if made is not None and (is_new or self._association(interface.id) is not None):
                return BranchEni(
                    self._interface(interface.id) or interface, spec.trunk_eni_id, made.id, made.vlan_id
                )
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

    def _checked(self, interface: NetworkInterface, own: TrunkAssociation, spec: BranchEniSpec) -> BranchEni:
        if not _is_wanted(own, spec):
            raise foreign(
                spec,
                f"{interface.id} hangs on {own.trunk_id} under VLAN {own.vlan_id};"
                f" wanted: {spec.trunk_eni_id}{f' under VLAN {spec.vlan_id}' if spec.vlan_id else ''}",
            )
        return BranchEni(interface, own.trunk_id, own.id, own.vlan_id)

    def _take_off(self, interface: NetworkInterface, association_id: str) -> None:
        if state_of(interface) is not EniState.ASSOCIATED:
            return
        if not association_id:
            found = self._association(interface.id)
            association_id = found.id if found else ""
        if association_id:
            self.ec2.disassociate_trunk_interface(
                association_id, token=client_token("disassociate", association_id)
            )

    def _delete_for_good(self, eni_id: str) -> None:
        """Delete an interface, and look whether it is gone: a call may not have seen what was just made."""
        deadline = Deadline(self.clock, PROPAGATION_SECONDS)
        while True:
            self.ec2.delete_network_interface(eni_id)
            if self._interface(eni_id) is None or deadline.is_over():
                return
            deadline.sleep(POLL_SECONDS)

    def _undo(self, interface: NetworkInterface) -> None:
        """Delete what a failed create has made: the engine does not keep its id."""
        try:
            self._take_off(interface, "")
            self._delete_for_good(interface.id)
        except (AwsError, DeadlineError) as error:
            self.say(f"{interface.id} is left behind, and the next up goes on with it: {error}")

    def _interface(self, eni_id: str) -> NetworkInterface | None:
        try:
            found = self.ec2.describe_network_interfaces(ids=[eni_id])
        except NotFoundError:
            return None
        return found[0] if found else None

    def _association(self, eni_id: str) -> TrunkAssociation | None:
        found = self.ec2.describe_trunk_associations()
        return next((one for one in found if one.branch_id == eni_id), None)

    def _refuse_foreign(self, interface: NetworkInterface, spec: BranchEniSpec) -> None:
        if not is_own(interface, spec.owner, spec.name):
            owner = interface.tags.get(OWNER_TAG, "nobody that podsg knows")
            raise foreign(spec, f"{interface.id} belongs to {owner}")


def _is_wanted(found: TrunkAssociation, spec: BranchEniSpec) -> bool:
    return found.trunk_id == spec.trunk_eni_id and spec.vlan_id in {0, found.vlan_id}


def _says_more_than_rights(error: AwsError) -> bool:
    """Tell whether EC2 has looked beyond the rights: it found fault with the made-up branch of the probe."""
    if isinstance(error, Ec2CallError):
        return kind_of(error.call, error.code) in {Kind.OTHER, Kind.STATE, Kind.MALFORMED, Kind.TOKEN}
    return isinstance(error, NotFoundError | InUseError | CapacityError)
