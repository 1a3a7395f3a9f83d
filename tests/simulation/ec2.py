"""EC2 as callers see it: rights, limits, client tokens, late reads, faults, and a log of the calls."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from podsg.errors import Ec2CallError
from podsg.lifecycle.interfaces import NetworkInterface, NewInterface, SecurityGroup, TrunkAssociation
from tests.simulation.clock import SimulatedClock
from tests.simulation.faults import Faults
from tests.simulation.filters import Filters, InterfaceValues, fits, group_values, subnet_values
from tests.simulation.limits import Buckets
from tests.simulation.region import Region, check_id, check_tags
from tests.simulation.rows import Call, InterfaceRow
from tests.simulation.tokens import Tokens

T = TypeVar("T")

PAGE = 1000
"""Interfaces per page of a list; each page is a call."""


class SimulatedEc2:
    """Serve `podsg.lifecycle.ports.Ec2` over a simulated region.

    Args:
        clock: Time.
        seed: Where ids and the lag of reads come from.
        lag_seconds: How late a read may be at most; each read draws its own lag.
        trunk_calls_open: Whether callers may associate trunk interfaces.

    Attributes:
        region: What is there; what others and the cloud do is done to it.
        faults: What goes wrong.
        log: Every call, also refused ones.
        refused_rights: Calls that the caller may not make.
        buckets: Limits of the rate; None for none.
    """

    def __init__(
        self, clock: SimulatedClock, seed: int = 0, *, lag_seconds: float = 0.0, trunk_calls_open: bool = True
    ) -> None:
        """Start with an empty region."""
        self.clock = clock
        self.region = Region(clock, seed)
        self.faults = Faults()
        self.log: list[Call] = []
        self.refused_rights: set[str] = set()
        self.buckets: Buckets | None = Buckets(clock)
        self.tokens = Tokens(clock)
        self._random = random.Random(seed + 1)  # noqa: S311 - lag of a simulation
        self._lag_seconds = 0.0
        self.lag_seconds = lag_seconds
        if not trunk_calls_open:
            self.refused_rights |= {"AssociateTrunkInterface", "DisassociateTrunkInterface"}

    @property
    def lag_seconds(self) -> float:
        """Return how late a read may be at most (seconds)."""
        return self._lag_seconds

    @lag_seconds.setter
    def lag_seconds(self, seconds: float) -> None:
        self._lag_seconds = seconds
        self.region.seen_interfaces.kept_seconds = seconds
        self.region.seen_associations.kept_seconds = seconds

    def calls(self) -> Counter[str]:
        """Count the calls by name."""
        return Counter(call.name for call in self.log)

    def writes(self) -> int:
        """Count the calls that asked for a change; a dry run asks for none."""
        return sum(call.is_write for call in self.log)

    def throttled(self) -> int:
        """Count the calls that came too fast."""
        return sum(call.code == "RequestLimitExceeded" for call in self.log)

    # ------------------------------------------------------------------ lists

    def describe_network_interfaces(
        self, *, ids: Collection[str] = (), filters: Filters | None = None
    ) -> tuple[NetworkInterface, ...]:
        """List interfaces, each page a call."""
        name = "DescribeNetworkInterfaces"

        def read() -> tuple[NetworkInterface, ...]:
            lag = self._lag()
            if not ids:
                found = list(self.region.seen_interfaces.all(lag))
            else:
                found = [self._seen(interface_id, lag, name) for interface_id in dict.fromkeys(ids)]
            return tuple(
                item for item in found if fits(InterfaceValues(item), item.tags, filters or {}, name)
            )

        found = self._called(name, next(iter(ids), ""), read)
        for _ in range(PAGE, len(found), PAGE) if not ids else ():
            self._called(name, "", lambda: None)
        return found

    def _seen(self, interface_id: str, lag: float, call: str) -> NetworkInterface:
        check_id(interface_id, "eni", call, "InvalidNetworkInterfaceID.Malformed")
        found = self.region.seen_interfaces.get(interface_id, lag)
        if found is None:
            problem = f"The networkInterface ID '{interface_id}' does not exist"
            raise Ec2CallError(call, "InvalidNetworkInterfaceID.NotFound", problem)
        return found

    def describe_trunk_associations(self, *, ids: Collection[str] = ()) -> tuple[TrunkAssociation, ...]:
        """List associations, each page a call."""
        name = "DescribeTrunkInterfaceAssociations"

        def read() -> tuple[TrunkAssociation, ...]:
            lag = self._lag()
            if not ids:
                return tuple(self.region.seen_associations.all(lag))
            found = {key: self.region.seen_associations.get(key, lag) for key in ids}
            for key, item in found.items():
                if item is None:
                    problem = f"The association ID '{key}' does not exist"
                    raise Ec2CallError(name, "InvalidAssociationID.NotFound", problem)
            return tuple(item for item in found.values() if item is not None)

        found = self._called(name, next(iter(ids), ""), read)
        for _ in range(PAGE, len(found), PAGE) if not ids else ():
            self._called(name, "", lambda: None)
        return found

    def describe_instances(self, ids: Collection[str]) -> Mapping[str, str]:
        """Return the states of instances that EC2 still knows."""
        known = self.region.instances
        return self._called(
            "DescribeInstances",
            next(iter(ids), ""),
            lambda: {key: known[key].state for key in ids if key in known},
        )

    def describe_security_groups(self, *, filters: Filters) -> tuple[SecurityGroup, ...]:
        """List security groups."""
        name = "DescribeSecurityGroups"

        def read() -> tuple[SecurityGroup, ...]:
            found = self.region.groups.values()
            return tuple(
                SecurityGroup(item.id, item.name, item.vpc_id, dict(item.tags))
                for item in found
                if fits(group_values(item), item.tags, filters, name)
            )

        return self._called(name, "", read)

    def describe_subnets(self, *, filters: Filters) -> tuple[str, ...]:
        """List the ids of subnets."""
        name = "DescribeSubnets"

        def read() -> tuple[str, ...]:
            found = self.region.subnets.values()
            return tuple(item.id for item in found if fits(subnet_values(item), item.tags, filters, name))

        return self._called(name, "", read)

    def vpc_exists(self, vpc_id: str) -> bool:
        """Tell whether the region has a VPC."""
        return self._called("DescribeVpcs", vpc_id, lambda: vpc_id in self.region.vpc_ids)

    # ------------------------------------------------------------------ changes

    def create_network_interface(self, wanted: NewInterface) -> NetworkInterface:
        """Create an interface; a token that was used gives what it made then."""
        name = "CreateNetworkInterface"
        request = replace(wanted, tags=tuple(sorted(wanted.tags.items())))  # type: ignore[arg-type]

        def make() -> NetworkInterface:
            return self.region.add_interface(
                wanted.subnet_id, wanted.group_ids, description=wanted.description, tags=wanted.tags
            )

        return self._called(name, "", lambda: self.tokens.once(name, wanted.token, request, make))

    def associate_trunk_interface(
        self, *, branch_id: str, trunk_id: str, vlan_id: int, token: str, dry_run: bool = False
    ) -> TrunkAssociation:
        """Hang a branch on a trunk; EC2 judges the right before it looks at ids."""
        name = "AssociateTrunkInterface"
        if dry_run:
            shown = TrunkAssociation("", branch_id, trunk_id, vlan_id)
            return self._called(name, branch_id, lambda: shown, is_dry_run=True)

        def make() -> TrunkAssociation:
            self._existing(branch_id, name)
            return self.region.associate(branch_id, trunk_id, vlan_id)

        request = (branch_id, trunk_id, vlan_id)
        return self._called(name, branch_id, lambda: self.tokens.once(name, token, request, make))

    def disassociate_trunk_interface(self, association_id: str, *, token: str) -> None:
        """Take a branch from its trunk."""
        name = "DisassociateTrunkInterface"

        def end() -> None:
            self.region.disassociate(association_id)

        self._called(name, association_id, lambda: self.tokens.once(name, token, association_id, end))

    def modify_network_interface(
        self, interface_id: str, *, group_ids: Sequence[str] | None = None, description: str | None = None
    ) -> None:
        """Change the groups or the description."""
        name = "ModifyNetworkInterfaceAttribute"

        def change() -> None:
            if (group_ids is None) == (description is None):
                problem = "A request changes exactly one attribute"
                raise Ec2CallError(name, "InvalidParameterCombination", problem)
            row = self._existing(interface_id, name)
            if row.is_requester_managed:
                problem = "You do not have permission to access the specified resource."
                raise Ec2CallError(name, "AuthFailure", problem)
            if group_ids is not None:
                self.region.check_groups(row.vpc_id, group_ids, name)
                row.group_ids = frozenset(group_ids)
            if description is not None:
                row.description = description
            self.region.changed(row)

        self._called(name, interface_id, change)

    def create_tags(self, resource_id: str, tags: Mapping[str, str]) -> None:
        """Add or change tags of an interface."""
        name = "CreateTags"

        def change() -> None:
            row = self._existing(resource_id, name)
            check_tags({**row.tags, **tags}, name)
            row.tags = {**row.tags, **tags}
            self.region.changed(row)

        self._called(name, resource_id, change)

    def delete_tags(self, resource_id: str, keys: Collection[str]) -> None:
        """Remove tags of an interface; a tag that is not there is none to remove."""
        name = "DeleteTags"

        def change() -> None:
            row = self._existing(resource_id, name)
            row.tags = {key: value for key, value in row.tags.items() if key not in keys}
            self.region.changed(row)

        self._called(name, resource_id, change)

    def delete_network_interface(self, interface_id: str, *, dry_run: bool = False) -> None:
        """Delete an interface."""
        name = "DeleteNetworkInterface"

        def end() -> None:
            self._existing(interface_id, name)
            self.region.delete_interface(interface_id)

        self._called(name, interface_id, (lambda: None) if dry_run else end, is_dry_run=dry_run)

    def delete_security_group(self, group_id: str) -> None:
        """Delete a security group."""
        self._called("DeleteSecurityGroup", group_id, lambda: self.region.delete_group(group_id))

    # ------------------------------------------------------------------ what every call has

    def _existing(self, interface_id: str, call: str) -> InterfaceRow:
        """Return an interface for a change; the replica that changes it may not know it yet."""
        row = self.region.row(interface_id, call)
        if row.made_at > self.clock.now() - self._lag():
            problem = f"The networkInterface ID '{interface_id}' does not exist"
            raise Ec2CallError(call, "InvalidNetworkInterfaceID.NotFound", problem)
        return row

    def _lag(self) -> float:
        return self._random.uniform(0, self._lag_seconds) if self._lag_seconds else 0.0

    def _called(
        self,
        name: str,
        target: str,
        do: Callable[[], T],
        *,
        is_dry_run: bool = False,
    ) -> T:
        def judged() -> T:
            if self.buckets is not None:
                self.buckets.take(name)
            if name in self.refused_rights:
                problem = "You are not authorized to perform this operation."
                raise Ec2CallError(name, "UnauthorizedOperation", problem)
            return do()

        code = "died"
        try:
            answer = self.faults.around(name, target, judged)
            code = ""
        except Ec2CallError as error:
            code = error.code
            raise
        finally:
            self.log.append(Call(name, self.clock.now(), target, code, is_dry_run))
        return answer  # type: ignore[return-value]
