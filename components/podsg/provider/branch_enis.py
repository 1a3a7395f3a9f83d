"""Explicit branch ENIs over EC2: inputs of the resource in, its outputs out."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final

from podsg.lifecycle.branch_eni import BranchEni, BranchEnis, BranchEniSpec
from podsg.lifecycle.generations import Generations
from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.sweep import refuse_unknown_vpc
from podsg.lifecycle.tokens import MADE_AT_TAG, NAME_TAG, OWN_TAGS, OWNER_TAG
from podsg.lifecycle.vlans import Vlans
from podsg.provider.gate_account import MEMORY, GateAccount, Inputs, say

VLANS: Final = Vlans()
GENERATIONS: Final = Generations()
CLAIMED: Final[set[str]] = set()
"""Ids of interfaces that resources record."""
FRESH_SECONDS: Final = 60.0
"""How long a list of all branch ENIs of a stack serves the reads of a refresh."""


class Prefetch:
    """List the branch ENIs of a stack once for many reads; a change makes the next read list again."""

    def __init__(self) -> None:
        """Start without a list."""
        self._lock = threading.Lock()
        self._lists: dict[tuple[str, str, str], tuple[float, dict[str, NetworkInterface]]] = {}

    def find(self, account: GateAccount, eni_id: str) -> NetworkInterface | None:
        """Return an interface from the list of its stack; None if it is not in it.

        EC2 calls: DescribeNetworkInterfaces, one page per 1,000.
        """
        inputs = account.inputs
        key = (inputs["account_id"], inputs["region"], inputs["owner"])
        with self._lock:
            at, found = self._lists.get(key, (-FRESH_SECONDS, {}))
            if account.clock.now() - at >= FRESH_SECONDS:
                filters = {f"tag:{OWNER_TAG}": [inputs["owner"]], "tag-key": [NAME_TAG]}
                listed = account.ec2.describe_network_interfaces(filters=filters)
                found = {one.id: one for one in listed}
                self._lists[key] = (account.clock.now(), found)
        return found.get(eni_id)

    def forget(self) -> None:
        """Drop all lists."""
        with self._lock:
            self._lists.clear()


PREFETCH: Final = Prefetch()


def create(inputs: Inputs) -> tuple[str, dict[str, Any]]:
    """Make a branch ENI, or take one over; return its id and outputs."""
    try:
        made = _operations(GateAccount.without_vpc(inputs)).create(spec_of(inputs))
    finally:
        PREFETCH.forget()
    return made.interface.id, outputs_of(made, inputs)


def read(eni_id: str, props: Inputs) -> dict[str, Any] | None:
    """Return the outputs of what is there; None if it is gone."""
    account = GateAccount.without_vpc(props)
    operations, spec = _recorded(account, eni_id, props), spec_of(props)
    association_id = props.get("association_id") or ""
    seen = PREFETCH.find(account, eni_id)
    found = (
        operations.seen(seen, spec, association_id)
        if seen is not None
        else operations.read(eni_id, spec, association_id)
    )
    if found is None:
        refuse_unknown_vpc(account.ec2, props["vpc_id"])
        return None
    return outputs_of(found, props)


def update(eni_id: str, olds: Inputs, inputs: Inputs) -> dict[str, Any]:
    """Give a branch ENI what the inputs say; return its outputs."""
    try:
        operations = _recorded(GateAccount.without_vpc(inputs), eni_id, olds)
        changed = operations.update(eni_id, spec_of(inputs))
    finally:
        PREFETCH.forget()
    return outputs_of(changed, inputs)


def delete(eni_id: str, props: Inputs) -> None:
    """Delete a branch ENI."""
    # Where its VPC is not known, that it is not found would prove nothing.
    operations = _recorded(GateAccount.of(props), eni_id, props)
    try:
        operations.delete(eni_id, spec_of(props), props.get("association_id") or "")
    finally:
        PREFETCH.forget()


def spec_of(inputs: Inputs) -> BranchEniSpec:
    """Read what is wanted; numbers come as floats."""
    return BranchEniSpec(
        owner=inputs["owner"],
        name=inputs["name"],
        trunk_eni_id=inputs["trunk_eni_id"],
        group_ids=tuple(inputs["group_ids"]),
        subnet_id=inputs["subnet_id"] or "",
        vlan_id=int(inputs["vlan_id"] or 0),
        description=inputs["description"],
        tags=dict(inputs["tags"] or {}),
        cooldown_seconds=float(inputs["cooldown_seconds"]),
        adopt_eni_id=inputs["adopt_eni_id"] or "",
    )


def outputs_of(found: BranchEni, inputs: Inputs) -> dict[str, Any]:
    """Return the properties of a branch ENI: its inputs, as they are in EC2, and what EC2 tells."""
    interface = found.interface
    return {
        **inputs,
        "eni_id": interface.id,
        "association_id": found.association_id,
        "trunk_eni_id": found.trunk_eni_id,
        "vlan_id": found.vlan_id or int(inputs["vlan_id"] or 0),
        "subnet_id": interface.subnet_id,
        "vpc_id": interface.vpc_id,
        "zone": interface.zone,
        "private_ip": interface.private_ip,
        "mac_address": interface.mac_address,
        "status": interface.status,
        "made_at": interface.tags.get(MADE_AT_TAG, ""),
        "group_ids": sorted(interface.group_ids),
        "description": interface.description,
        "tags": _shown_tags(interface.tags, inputs),
    }


def _shown_tags(tags: Mapping[str, str], inputs: Inputs) -> dict[str, str]:
    """Leave out what every branch ENI has, and what AWS tags itself."""
    hidden = set(OWN_TAGS)
    if "Name" not in (inputs["tags"] or {}) and tags.get("Name") == inputs["name"]:
        hidden.add("Name")
    return {
        key: value for key, value in sorted(tags.items()) if key not in hidden and not key.startswith("aws:")
    }


def _recorded(account: GateAccount, eni_id: str, outputs: Inputs) -> BranchEnis:
    """Return the operations on what the state records; EC2 may not see yet what another process just made."""
    MEMORY.note_recorded(eni_id, outputs.get("made_at") or "")
    return _operations(account)


def _operations(account: GateAccount) -> BranchEnis:
    return BranchEnis(account.ec2, account.clock, say, VLANS, GENERATIONS, CLAIMED)
