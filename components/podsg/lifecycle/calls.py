"""EC2 calls as operations make them: paced, tried again where that helps, and failing with a typed error."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from podsg.errors import Ec2CallError
from podsg.lifecycle.call_errors import failed, too_late
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.interfaces import NetworkInterface, NewInterface, SecurityGroup, TrunkAssociation
from podsg.lifecycle.pacing import Pacing
from podsg.lifecycle.ports import Clock, Ec2
from podsg.lifecycle.retries import Verdict, kind_of, verdict
from podsg.lifecycle.tokens import MADE_AT_TAG

Answer = TypeVar("Answer")
PROPAGATION_SECONDS: Final = 150.0
"""How long EC2 may not see what it has just made.

Source: EC2 developer guide, eventual consistency (seconds to minutes).
"""
FIRST_BACKOFF_SECONDS: Final = 0.5
LONGEST_BACKOFF_SECONDS: Final = 20.0


@dataclass
class Memory:
    """Remember what a process has made, so that not found can be told from not yet seen.

    Args:
        clock: Time.
    """

    clock: Clock
    _made: dict[str, float] = field(default_factory=dict)
    _deleted: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, thing_id: str, age_seconds: float = 0.0) -> None:
        """Remember that something was made, now or that long ago."""
        with self._lock:
            self._made[thing_id] = self.clock.now() - age_seconds

    def note_recorded(self, thing_id: str, made_at: str) -> None:
        """Remember what another process made.

        Args:
            thing_id: Its id.
            made_at: When it was made (ISO 8601, UTC); what is no such time counts as long ago.
        """
        try:
            age = (self.clock.utc() - datetime.fromisoformat(made_at)).total_seconds()
        except (ValueError, TypeError):
            return
        self.note(thing_id, max(0.0, age))

    def note_seen(self, *ids: str) -> None:
        """Remember what EC2 showed: not found soon after may be a replica that lags."""
        with self._lock:
            for one in ids:
                self._made.setdefault(one, self.clock.now())

    def forget(self, thing_id: str, *, is_deleted: bool) -> None:
        """Forget what was not found, or what was deleted: that is gone, whatever a replica still shows."""
        with self._lock:
            self._made.pop(thing_id, None)
            if is_deleted:
                self._deleted.add(thing_id)

    def is_deleted(self, thing_id: str) -> bool:
        """Tell whether this process has deleted something."""
        with self._lock:
            return thing_id in self._deleted

    def is_fresh(self, *ids: str) -> bool:
        """Tell whether one of them was made so short a time ago that EC2 may not see it yet."""
        now = self.clock.now()
        with self._lock:
            return any(now - self._made.get(one, -PROPAGATION_SECONDS) < PROPAGATION_SECONDS for one in ids)


@dataclass(frozen=True)
class _Call:
    """A call: its name, what it is about for people, and the interfaces that it must find."""

    name: str
    subject: str = ""
    ids: tuple[str, ...] = ()
    is_unfiltered: bool = False
    is_dry_run: bool = False


@dataclass
class RetryingEc2:
    """Make EC2 calls in the name of one operation.

    Args:
        ec2: The account.
        clock: Time.
        pacing: Limits of the process.
        deadline: End of the operation.
        memory: What the process has made. Default: nothing.
        chance: Source of the jitter of pauses.
    """

    ec2: Ec2
    clock: Clock
    pacing: Pacing
    deadline: Deadline
    memory: InitVar[Memory | None] = None
    chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self, memory: Memory | None) -> None:
        """Start without a memory if the process has none."""
        self._memory = memory or Memory(self.clock)

    def describe_network_interfaces(
        self, *, ids: Collection[str] = (), filters: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[NetworkInterface, ...]:
        """List interfaces."""
        call = _Call(
            "DescribeNetworkInterfaces", ", ".join(ids), tuple(ids), is_unfiltered=not (ids or filters)
        )
        listed = self._made(call, lambda: self.ec2.describe_network_interfaces(ids=ids, filters=filters))
        found = tuple(one for one in listed if not self._memory.is_deleted(one.id))
        for one in found:
            if made_at := one.tags.get(MADE_AT_TAG):
                self._memory.note_recorded(one.id, made_at)
            elif ids:
                self._memory.note_seen(one.id)
        return found

    def describe_trunk_associations(self, *, ids: Collection[str] = ()) -> tuple[TrunkAssociation, ...]:
        """List associations."""
        call = _Call("DescribeTrunkInterfaceAssociations", ", ".join(ids), tuple(ids), is_unfiltered=not ids)
        return self._made(call, lambda: self.ec2.describe_trunk_associations(ids=ids))

    def describe_instances(self, ids: Collection[str]) -> Mapping[str, str]:
        """Return the states of instances."""
        return self._made(_Call("DescribeInstances"), lambda: self.ec2.describe_instances(ids))

    def describe_security_groups(self, *, filters: Mapping[str, Sequence[str]]) -> tuple[SecurityGroup, ...]:
        """List security groups."""
        call = _Call("DescribeSecurityGroups", is_unfiltered=not filters)
        return self._made(call, lambda: self.ec2.describe_security_groups(filters=filters))

    def describe_subnets(self, *, filters: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """List the ids of subnets."""
        return self._made(_Call("DescribeSubnets"), lambda: self.ec2.describe_subnets(filters=filters))

    def vpc_exists(self, vpc_id: str) -> bool:
        """Tell whether the account has a VPC."""
        return self._made(_Call("DescribeVpcs", vpc_id), lambda: self.ec2.vpc_exists(vpc_id))

    def create_network_interface(self, wanted: NewInterface) -> NetworkInterface:
        """Create an interface, once for its token."""
        call = _Call("CreateNetworkInterface", f"an interface in {wanted.subnet_id}")
        made = self._made(call, lambda: self.ec2.create_network_interface(wanted))
        self._memory.note(made.id)
        return made

    def associate_trunk_interface(
        self, *, branch_id: str, trunk_id: str, vlan_id: int, token: str, dry_run: bool = False
    ) -> TrunkAssociation:
        """Hang a branch on a trunk; without an answer it is not tried again, as it may have been done."""
        return self._made(
            _Call("AssociateTrunkInterface", branch_id, (branch_id,), is_dry_run=dry_run),
            lambda: self.ec2.associate_trunk_interface(
                branch_id=branch_id, trunk_id=trunk_id, vlan_id=vlan_id, token=token, dry_run=dry_run
            ),
        )

    def disassociate_trunk_interface(self, association_id: str, *, token: str) -> None:
        """Take a branch from its trunk; one that is off already is fine."""
        self._call(
            _Call("DisassociateTrunkInterface", association_id),
            lambda: self.ec2.disassociate_trunk_interface(association_id, token=token),
        )

    def modify_network_interface(
        self, interface_id: str, *, group_ids: Sequence[str] | None = None, description: str | None = None
    ) -> None:
        """Change groups or description."""
        self._call(
            _Call("ModifyNetworkInterfaceAttribute", interface_id, (interface_id,)),
            lambda: self.ec2.modify_network_interface(
                interface_id, group_ids=group_ids, description=description
            ),
        )

    def create_tags(self, resource_id: str, tags: Mapping[str, str]) -> None:
        """Add or change tags."""
        call = _Call("CreateTags", resource_id, (resource_id,))
        self._call(call, lambda: self.ec2.create_tags(resource_id, tags))

    def delete_tags(self, resource_id: str, keys: Collection[str]) -> None:
        """Remove tags."""
        call = _Call("DeleteTags", resource_id, (resource_id,))
        self._call(call, lambda: self.ec2.delete_tags(resource_id, keys))

    def delete_network_interface(self, interface_id: str, *, dry_run: bool = False) -> None:
        """Delete an interface; one that is gone already is fine."""
        is_deleted = False

        def delete() -> None:
            nonlocal is_deleted
            self.ec2.delete_network_interface(interface_id, dry_run=dry_run)
            is_deleted = True

        self._call(_Call("DeleteNetworkInterface", interface_id, (interface_id,), is_dry_run=dry_run), delete)
        if not dry_run:
            self._memory.forget(interface_id, is_deleted=is_deleted)

    def delete_security_group(self, group_id: str) -> None:
        """Delete a security group; one that is gone already is fine."""
        self._call(_Call("DeleteSecurityGroup", group_id), lambda: self.ec2.delete_security_group(group_id))

    def _made(self, call: _Call, ask: Callable[[], Answer]) -> Answer:
        answer = self._call(call, ask)
        if answer is None:  # pragma: no cover - only calls without an answer succeed on an error
            raise AssertionError(call)
        return answer

    def _call(self, call: _Call, ask: Callable[[], Answer]) -> Answer | None:
        """Call until it succeeds or cannot; None if an error says that it is as wanted already."""
        tries = 0
        while True:
            self.pacing.take(call.name, self.deadline, is_unfiltered=call.is_unfiltered)
            tries += 1
            try:
                return ask()
            except Ec2CallError as error:
                said = self._judged(call, error)
                if said is Verdict.SUCCESS:
                    return None
                if said is not Verdict.RETRY:
                    raise failed(error, call.subject) from None
                if self.deadline.is_over():
                    raise too_late(error, call.subject, tries, self.deadline) from None
            self.deadline.sleep(self._pause(tries))

    def _judged(self, call: _Call, error: Ec2CallError) -> Verdict:
        is_fresh = self._memory.is_fresh(*call.ids)
        kind = kind_of(call.name, error.code)
        return verdict(call.name, kind, is_fresh=is_fresh, is_dry_run=call.is_dry_run)

    def _pause(self, tries: int) -> float:
        longest = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**tries)
        return self.chance.uniform(longest / 2, longest)
