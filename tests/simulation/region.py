"""A simulated region: its things, and the rules by which EC2 changes them.

What a cloud does by itself, and what others do to it, is done here; callers under test go through
`tests.simulation.ec2.SimulatedEc2`, which adds rights, limits, lag, faults and the log.

Source: EC2 API reference and its error codes page, as the lab's own EC2 shows them; where the API names no
code, the code is the lab's. `tests/lab/test_simulation.py` compares both.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Final

from podsg.errors import Ec2CallError
from podsg.lifecycle.interfaces import NetworkInterface, TrunkAssociation
from tests.simulation.clock import SimulatedClock
from tests.simulation.history import History
from tests.simulation.rows import Group, Instance, InterfaceRow, Subnet

GROUP_COUNT: Final = 16
TAG_COUNT: Final = 50
_ID: Final = re.compile(r"[a-z-]+-[0-9a-f]{8,17}")
_HIGHEST_VLAN: Final = 4094
_OTHER_NETWORK: Final = "You have specified two resources that belong to different networks."


class Region:
    """Hold a region's things.

    Args:
        clock: Time.
        seed: Where ids and addresses come from.
    """

    def __init__(self, clock: SimulatedClock, seed: int = 0) -> None:
        """Start without anything."""
        self.clock = clock
        self.random = random.Random(seed)  # noqa: S311 - ids of a simulation
        self.vpc_ids: set[str] = set()
        self.subnets: dict[str, Subnet] = {}
        self.groups: dict[str, Group] = {}
        self.instances: dict[str, Instance] = {}
        self.interfaces: dict[str, InterfaceRow] = {}
        self.associations: dict[str, TrunkAssociation] = {}
        self.interface_limit = 5000
        self.seen_interfaces: History[NetworkInterface] = History(clock)
        self.seen_associations: History[TrunkAssociation] = History(clock)

    # ------------------------------------------------------------------ what people made before

    def new_id(self, prefix: str) -> str:
        """Return an id that nobody had."""
        return f"{prefix}-{self.random.getrandbits(68):017x}"

    def add_vpc(self, vpc_id: str = "") -> str:
        """Make a VPC; an id may be wanted, here and below."""
        vpc_id = vpc_id or self.new_id("vpc")
        self.vpc_ids.add(vpc_id)
        return vpc_id

    def add_subnet(
        self,
        vpc_id: str,
        zone: str = "us-west-2a",
        *,
        addresses: int = 4000,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Make a subnet."""
        made = Subnet(self.new_id("subnet"), vpc_id, zone, addresses, dict(tags or {}))
        self.subnets[made.id] = made
        return made.id

    def add_group(self, vpc_id: str, name: str = "pods", tags: Mapping[str, str] | None = None) -> str:
        """Make a security group."""
        made = Group(self.new_id("sg"), name, vpc_id, dict(tags or {}))
        self.groups[made.id] = made
        return made.id

    def add_instance(self, branch_limit: int = 120, instance_id: str = "") -> str:
        """Start an instance; its interfaces are made apart."""
        made = Instance(instance_id or self.new_id("i"), "running", branch_limit)
        self.instances[made.id] = made
        return made.id

    def add_trunk(
        self,
        instance_id: str,
        subnet_id: str,
        group_ids: Sequence[str],
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Make a trunk and attach it; it goes with its instance."""
        trunk = self.add_interface(subnet_id, group_ids, description="aws-k8s-trunk-eni", tags=tags)
        row = self.interfaces[trunk.id]
        row.interface_type, row.instance_id, row.goes_with_instance = "trunk", instance_id, True
        self.changed(row)
        return trunk.id

    # ------------------------------------------------------------------ interfaces

    def row(self, interface_id: str, call: str) -> InterfaceRow:
        """Return an interface."""
        check_id(interface_id, "eni", call, "InvalidNetworkInterfaceID.Malformed")
        if interface_id not in self.interfaces:
            problem = f"The networkInterface ID '{interface_id}' does not exist"
            raise Ec2CallError(call, "InvalidNetworkInterfaceID.NotFound", problem)
        return self.interfaces[interface_id]

    def changed(self, row: InterfaceRow) -> NetworkInterface:
        """Let later reads see an interface as it is now."""
        shown = row.shown()
        self.seen_interfaces.put(row.id, shown)
        return shown

    def add_interface(
        self,
        subnet_id: str,
        group_ids: Sequence[str] = (),
        *,
        description: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> NetworkInterface:
        """Make an interface."""
        call = "CreateNetworkInterface"
        if subnet_id not in self.subnets:
            raise Ec2CallError(
                call, "InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist"
            )
        subnet = self.subnets[subnet_id]
        self.check_groups(subnet.vpc_id, group_ids, call)
        check_tags(tags or {}, call)
        if len(self.interfaces) >= self.interface_limit:
            problem = f"The limit of {self.interface_limit} network interfaces is reached"
            raise Ec2CallError(call, "NetworkInterfaceLimitExceeded", problem)
        if not subnet.free_address_count:
            problem = f"insufficient free addresses in subnet '{subnet_id}'"
            raise Ec2CallError(call, "InsufficientFreeAddressesInSubnet", problem)
        subnet.free_address_count -= 1
        bits = self.random.getrandbits(40)
        row = InterfaceRow(
            id=self.new_id("eni"),
            vpc_id=subnet.vpc_id,
            subnet_id=subnet_id,
            zone=subnet.zone,
            private_ip=f"10.{bits >> 16 & 255}.{bits >> 8 & 255}.{bits & 255}",
            mac_address="02:" + ":".join(f"{bits >> shift & 255:02x}" for shift in (0, 8, 16, 24, 32)),
            group_ids=frozenset(group_ids) or frozenset(self._default_group(subnet.vpc_id)),
            description=description,
            tags=dict(tags or {}),
            made_at=self.clock.now(),
        )
        self.interfaces[row.id] = row
        return self.changed(row)

    def _default_group(self, vpc_id: str) -> list[str]:
        return [
            group.id for group in self.groups.values() if (group.vpc_id, group.name) == (vpc_id, "default")
        ]

    def check_groups(self, vpc_id: str, group_ids: Sequence[str], call: str) -> None:
        """Refuse groups that an interface of this VPC cannot have."""
        if len(group_ids) > GROUP_COUNT:
            problem = "The maximum number of security groups per interface has been reached."
            raise Ec2CallError(call, "SecurityGroupsPerInterfaceLimitExceeded", problem)
        for group_id in group_ids:
            if group_id not in self.groups:
                problem = f"The securityGroup ID '{group_id}' does not exist"
                raise Ec2CallError(call, "InvalidSecurityGroupID.NotFound", problem)
            if self.groups[group_id].vpc_id != vpc_id:
                raise Ec2CallError(call, "InvalidGroup.NotFound", _OTHER_NETWORK)

    def delete_interface(self, interface_id: str) -> None:
        """Delete an interface; the association of a branch goes with it."""
        call = "DeleteNetworkInterface"
        row = self.row(interface_id, call)
        if row.is_requester_managed:
            problem = "You do not have permission to access the specified resource."
            raise Ec2CallError(call, "AuthFailure", problem)
        if row.instance_id or row.is_held:
            problem = f"Network interface '{interface_id}' is currently in use."
            raise Ec2CallError(call, "InvalidParameterValue", problem)
        self.remove(interface_id)

    def remove(self, interface_id: str) -> None:
        """Take an interface away, whatever stands against it: its service or its instance does this."""
        row = self.interfaces.pop(interface_id)
        self.subnets[row.subnet_id].free_address_count += 1
        self.seen_interfaces.put(interface_id, None)
        for item in list(self.associations.values()):
            if interface_id in {item.branch_id, item.trunk_id}:
                self._loosen(item)

    # ------------------------------------------------------------------ trunks

    def associate(self, branch_id: str, trunk_id: str, vlan_id: int) -> TrunkAssociation:
        """Hang a branch on a trunk."""
        call = "AssociateTrunkInterface"
        trunk, branch = self.row(trunk_id, call), self.row(branch_id, call)
        if not 1 <= vlan_id <= _HIGHEST_VLAN:
            problem = f"Value ({vlan_id}) for parameter VlanId is invalid."
            raise Ec2CallError(call, "InvalidParameterValue", problem)
        self._check_trunk(trunk, call)
        _check_branch(branch, trunk, call)
        held = [item for item in self.associations.values() if item.trunk_id == trunk_id]
        if any(item.vlan_id == vlan_id for item in held):
            problem = f"VLAN {vlan_id} is already in use on trunk interface '{trunk_id}'."
            raise Ec2CallError(call, "InvalidParameterValue", problem)
        limit = self.instances[trunk.instance_id].branch_limit
        if len(held) >= limit:
            problem = f"Branch interface count {len(held) + 1} exceeds the limit of {limit}"
            raise Ec2CallError(call, "AttachmentLimitExceeded", problem)
        made = TrunkAssociation(self.new_id("trunk-assoc"), branch_id, trunk_id, vlan_id)
        self.associations[made.id] = made
        self.seen_associations.put(made.id, made)
        branch.association_id = made.id
        self.changed(branch)
        return made

    def _check_trunk(self, trunk: InterfaceRow, call: str) -> None:
        if trunk.interface_type != "trunk":
            problem = f"Network interface '{trunk.id}' is of type {trunk.interface_type}, not trunk."
            raise Ec2CallError(call, "InvalidParameterValue", problem)
        if not trunk.instance_id:
            problem = f"Network interface '{trunk.id}' is not attached to an instance."
            raise Ec2CallError(call, "IncorrectState", problem)
        if not self.instances[trunk.instance_id].branch_limit:
            problem = "The type of the instance does not carry branch interfaces."
            raise Ec2CallError(call, "UnsupportedOperation", problem)

    def disassociate(self, association_id: str) -> None:
        """Take a branch from its trunk."""
        call = "DisassociateTrunkInterface"
        check_id(association_id, "trunk-assoc", call, "InvalidAssociationID.Malformed")
        if association_id not in self.associations:
            problem = f"The association ID '{association_id}' does not exist"
            raise Ec2CallError(call, "InvalidAssociationID.NotFound", problem)
        self._loosen(self.associations[association_id])

    def _loosen(self, item: TrunkAssociation) -> None:
        del self.associations[item.id]
        self.seen_associations.put(item.id, None)
        if item.branch_id in self.interfaces:
            branch = self.interfaces[item.branch_id]
            branch.association_id = ""
            self.changed(branch)

    # ------------------------------------------------------------------ instances

    def terminate(self, instance_id: str) -> None:
        """End an instance: its trunk goes, the branches stay behind, free and without an owner."""
        self.instances[instance_id].state = "terminated"
        for row in list(self.interfaces.values()):
            if row.instance_id != instance_id:
                continue
            if row.goes_with_instance:
                self.remove(row.id)
            else:
                row.instance_id = ""
                self.changed(row)

    def forget(self, instance_id: str) -> None:
        """Let EC2 forget an instance that ended an hour ago."""
        del self.instances[instance_id]

    # ------------------------------------------------------------------ groups

    def delete_group(self, group_id: str) -> None:
        """Delete a security group."""
        call = "DeleteSecurityGroup"
        if group_id not in self.groups:
            problem = f"The security group '{group_id}' does not exist"
            raise Ec2CallError(call, "InvalidGroup.NotFound", problem)
        if self.groups[group_id].name == "default":
            problem = f'the specified group: "{group_id}" name: "default" cannot be deleted by a user'
            raise Ec2CallError(call, "CannotDelete", problem)
        others = [group for group in self.groups.values() if group.id != group_id]
        if any(group_id in row.group_ids for row in self.interfaces.values()) or any(
            group_id in group.named_group_ids for group in others
        ):
            problem = f"resource {group_id} has a dependent object"
            raise Ec2CallError(call, "DependencyViolation", problem)
        del self.groups[group_id]


def check_id(value: str, prefix: str, call: str, code: str) -> None:
    """Refuse what is no id of this kind."""
    if not value.startswith(f"{prefix}-") or not _ID.fullmatch(value):
        raise Ec2CallError(call, code, f'Invalid id: "{value}"')


def check_tags(tags: Mapping[str, str], call: str) -> None:
    """Refuse tags that nobody may write, and too many of them."""
    if any(key.lower().startswith("aws:") for key in tags):
        problem = "Tag keys starting with 'aws:' are reserved for internal use"
        raise Ec2CallError(call, "InvalidParameterValue", problem)
    if len(tags) > TAG_COUNT:
        raise Ec2CallError(call, "TagLimitExceeded", f"{len(tags)} tags, {TAG_COUNT} are allowed")


def _check_branch(branch: InterfaceRow, trunk: InterfaceRow, call: str) -> None:
    if branch.interface_type != "interface":
        problem = f"Network interface '{branch.id}' is of type {branch.interface_type}."
        raise Ec2CallError(call, "InvalidParameterValue", problem)
    if branch.status != "available":
        raise Ec2CallError(call, "InvalidNetworkInterface.InUse", f"Interface: [{branch.id}] in use.")
    if branch.vpc_id != trunk.vpc_id:
        raise Ec2CallError(call, "InvalidParameterValue", _OTHER_NETWORK)
    if branch.zone != trunk.zone:
        problem = f"'{branch.id}' is in {branch.zone}, its trunk '{trunk.id}' in {trunk.zone}."
        raise Ec2CallError(call, "InvalidParameterValue", problem)
