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
    AwsError,
    DeadlineError,
    Ec2CallError,
    NotFoundError,
)
from podsg.lifecycle.branch_eni_errors import foreign, gone, named_twice, no_trunk, tokens_used_up
from podsg.lifecycle.calls import PROPAGATION_SECONDS
from podsg.lifecycle.eni_states import BranchEni, BranchEniSpec, EniState, state_of
from podsg.lifecycle.generations import Generations
from podsg.lifecycle.interfaces import ENI_OWNER_TAG, NetworkInterface, NewInterface
from podsg.lifecycle.ports import Clock, Ec2, Say
from podsg.lifecycle.retries import Kind, kind_of
from podsg.lifecycle.tokens import (
    GENERATION_TAG,
    MADE_AT_TAG,
    NAME_TAG,
    OWN_TAGS,
    OWNER_TAG,
    client_token,
    is_own,
)
from podsg.lifecycle.trunk_calls import POLL_SECONDS, TrunkCalls, is_wanted
from podsg.lifecycle.vlans import Vlans

__all__ = ["BranchEni", "BranchEniSpec", "BranchEnis", "EniState", "state_of"]

MOST_REMEMBERED: Final = 100
"""Branch ENIs of one name that EC2 may still remember by their tokens."""


@dataclass
class BranchEnis:
    """Make, read, change and delete explicit branch ENIs.

    Args:
        ec2: The account; every error that a second try cures is tried again already.
        clock: Time.
        say: Receives progress.
        vlans: VLANs that this process has handed out.
        generations: Tokens that this process has used.
        claimed: Ids of interfaces that resources of this process record.
    """

    ec2: Ec2
    clock: Clock
    say: Say
    vlans: Vlans = field(default_factory=Vlans)
    generations: Generations = field(default_factory=Generations)
    claimed: set[str] = field(default_factory=set)

    @property
    def trunk_calls(self) -> TrunkCalls:
        """Return the calls about trunks."""
        return TrunkCalls(self.ec2, self.clock, self.vlans)

    def create(self, spec: BranchEniSpec) -> BranchEni:
        """Make a branch ENI and hang it on its trunk, or go on with one that was cut off.

        EC2 calls: AssociateTrunkInterface with DryRun (once per trunk and process),
        DescribeNetworkInterfaces, CreateNetworkInterface, DescribeTrunkInterfaceAssociations,
        AssociateTrunkInterface; if it fails, DeleteNetworkInterface of what it made.

        Raises:
            TrunkCallNotOpenError: The account may not associate trunk interfaces.
            CapacityError: No VLAN, slot or address is free.
            StateError: What is to be adopted is somebody else's, or does not fit; or another resource of the
                stack has this name.
        """
        trunk = self._trunk(spec)
        self.trunk_calls.probe(spec)
        if spec.adopt_eni_id:
            return self._claimed(self._associated(self._adopted(spec, trunk), spec, is_new=False))
        subnet_id = spec.subnet_id or trunk.subnet_id
        interface = self._left_by_a_cut(spec, subnet_id)
        is_new = interface is None
        interface = interface or self._made(spec, subnet_id)
        if interface.zone != trunk.zone:
            self._undo(interface, spec)
            raise foreign(spec, f"{subnet_id} is in {interface.zone}; wanted: {trunk.zone}, as its trunk")
        try:
            return self._claimed(self._associated(interface, spec, is_new=is_new))
        except (AwsError, DeadlineError):
            self._undo(interface, spec)
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
        found = self.trunk_calls.association_of(interface.id)
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
        if interface is None:
            return self.ec2.delete_network_interface(eni_id)
        self._refuse_foreign(interface, spec)
        return self._end(interface, spec, association_id, spec.cooldown_seconds)

    def _trunk(self, spec: BranchEniSpec) -> NetworkInterface:
        trunk = self._interface(spec.trunk_eni_id)
        if trunk is None:
            raise gone(spec.trunk_eni_id)
        if trunk.interface_type != "trunk":
            raise no_trunk(spec, trunk)
        return trunk

    def _left_by_a_cut(self, spec: BranchEniSpec, subnet_id: str) -> NetworkInterface | None:
        """Return what a create that was cut off made; what does not fit, or is one too many, is deleted."""
        filters = {f"tag:{OWNER_TAG}": [spec.owner], f"tag:{NAME_TAG}": [spec.name]}
        found = self.ec2.describe_network_interfaces(filters=filters)
        if twice := self.claimed.intersection(one.id for one in found):
            raise named_twice(spec, twice)
        kept: NetworkInterface | None = None
        for one in sorted(found, key=lambda each: (state_of(each) is EniState.FREE, each.id)):
            if kept is None and one.subnet_id == subnet_id and self._fits(one, spec):
                kept = one
                continue
            self._end(one, spec)
        if kept is not None:
            self._bring_in_line(kept, spec)
        return kept

    def _fits(self, interface: NetworkInterface, spec: BranchEniSpec) -> bool:
        if state_of(interface) is EniState.FREE:
            return True
        found = self.trunk_calls.association_of(interface.id)
        return found is not None and is_wanted(found, spec)

    def _made(self, spec: BranchEniSpec, subnet_id: str) -> NetworkInterface:
        """Create the interface, once, whoever was cut off while creating it.

        All processes walk the same tokens. A request says when it was made, so that a token which an earlier
        process used shows itself: what that process made is either seen within the lag of EC2, or gone.
        """
        groups = tuple(sorted(spec.group_ids))
        for _ in range(MOST_REMEMBERED):
            generation = self.generations.next_of(spec.owner, spec.name)
            token = client_token("branch-eni", spec.owner, spec.name, generation)
            stamp = {MADE_AT_TAG: self.clock.utc().isoformat(), GENERATION_TAG: str(generation)}
            tags = {**spec.all_tags, **stamp}
            made = self._asked_for(NewInterface(subnet_id, groups, spec.description, tags, token))
            if made is not None and (interface := self._interface(made.id)) is not None:
                return interface
            if (left := self._seen_later(spec, subnet_id)) is not None:
                return left
        raise tokens_used_up(spec, MOST_REMEMBERED)

    def _asked_for(self, wanted: NewInterface) -> NetworkInterface | None:
        """Return what this request made; None if its token stands for another one."""
        try:
            made = self.ec2.create_network_interface(wanted)
        except Ec2CallError as error:
            if kind_of(error.call, error.code) is not Kind.TOKEN:
                raise
            return None
        return made if made.tags.get(MADE_AT_TAG) == wanted.tags[MADE_AT_TAG] else None

    def _seen_later(self, spec: BranchEniSpec, subnet_id: str) -> NetworkInterface | None:
        """Return what an earlier process made, as soon as EC2 shows it; None if it must be gone.

        All operations of a process share the wait: what is made before it began is seen when it ends.
        """
        ends = self.generations.first_missed(self.clock.now()) + PROPAGATION_SECONDS
        if self.clock.now() < ends:
            self.say(
                f"{spec.name}: EC2 remembers an earlier one; looking for up to"
                f" {ends - self.clock.now():.0f} s whether it is still there …"
            )
        while (left := self._left_by_a_cut(spec, subnet_id)) is None and self.clock.now() < ends:
            self.clock.sleep(POLL_SECONDS)
        return left

    def _adopted(self, spec: BranchEniSpec, trunk: NetworkInterface) -> NetworkInterface:
        interface = self._interface(spec.adopt_eni_id)
        if interface is None:
            raise gone(spec.adopt_eni_id)
        if interface.id in self.claimed:
            raise named_twice(spec, {interface.id})
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
        if old := sorted(key for key in interface.tags.keys() - wanted.keys() if not _is_kept(key)):
            self.ec2.delete_tags(interface.id, old)

    def _associated(self, interface: NetworkInterface, spec: BranchEniSpec, *, is_new: bool) -> BranchEni:
        found = self.trunk_calls.hang(interface.id, spec, is_new=is_new)
        if state_of(interface) is EniState.FREE:
            interface = self._interface(interface.id) or interface
        return BranchEni(interface, found.trunk_id, found.id, found.vlan_id)

    def _claimed(self, made: BranchEni) -> BranchEni:
        self.claimed.add(made.interface.id)
        return made

    def _end(
        self,
        interface: NetworkInterface,
        spec: BranchEniSpec,
        association_id: str = "",
        cooldown_seconds: float = 0.0,
    ) -> None:
        self.trunk_calls.take_off(interface, association_id)
        if cooldown_seconds:
            self.clock.sleep(cooldown_seconds)
        self.ec2.delete_network_interface(interface.id)
        self.claimed.discard(interface.id)
        self.generations.note_gone(spec.owner, spec.name, interface.tags.get(GENERATION_TAG, ""))

    def _undo(self, interface: NetworkInterface, spec: BranchEniSpec) -> None:
        """Delete what a failed create has made: the engine does not keep its id."""
        try:
            self._end(interface, spec)
        except (AwsError, DeadlineError) as error:
            self.say(f"{interface.id} is left behind, and the next up goes on with it: {error}")

    def _interface(self, eni_id: str) -> NetworkInterface | None:
        try:
            found = self.ec2.describe_network_interfaces(ids=[eni_id])
        except NotFoundError:
            return None
        return found[0] if found else None

    def _refuse_foreign(self, interface: NetworkInterface, spec: BranchEniSpec) -> None:
        if not is_own(interface, spec.owner, spec.name):
            owner = interface.tags.get(OWNER_TAG, "nobody that podsg knows")
            raise foreign(spec, f"{interface.id} belongs to {owner}")


def _is_kept(tag: str) -> bool:
    return tag in OWN_TAGS or tag.startswith("aws:")
