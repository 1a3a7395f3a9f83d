"""The filters of EC2's lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from podsg.errors import Ec2CallError
from podsg.lifecycle.interfaces import NetworkInterface
from tests.simulation.rows import Group, Subnet

Filters = Mapping[str, Sequence[str]]


def fits(values: Mapping[str, Iterable[str]], tags: Mapping[str, str], filters: Filters, call: str) -> bool:
    """Tell whether a thing passes all filters.

    Args:
        values: What the thing shows under each name of a filter that the list has.
        tags: Its tags.
        filters: What it has to show; `*` and `?` are wildcards.
        call: Call that lists it.

    Raises:
        Ec2CallError: There is no such filter.
    """
    for name, wanted in filters.items():
        if name.startswith("tag:"):
            key = name.removeprefix("tag:")
            shown: Iterable[str] = [tags[key]] if key in tags else []
        elif name == "tag-key":
            shown = tags
        elif name in values:
            shown = values[name]
        else:
            raise Ec2CallError(call, "InvalidParameterValue", f"The filter '{name}' is invalid")
        if not any(_fits_one(value, pattern) for pattern in wanted for value in shown):
            return False
    return True


class InterfaceValues(Mapping[str, Iterable[str]]):
    """Show what the filters of DescribeNetworkInterfaces compare, made only where a filter asks.

    Args:
        item: An interface.
    """

    def __init__(self, item: NetworkInterface) -> None:
        """Keep the interface."""
        self._item = item

    def __getitem__(self, name: str) -> Iterable[str]:
        """Return what a filter compares."""
        return _INTERFACE[name](self._item)

    def __iter__(self) -> Iterator[str]:
        """Return the names of the filters."""
        return iter(_INTERFACE)

    def __len__(self) -> int:
        """Count the filters."""
        return len(_INTERFACE)


_INTERFACE: Mapping[str, Callable[[NetworkInterface], Iterable[str]]] = {
    "network-interface-id": lambda item: [item.id],
    "vpc-id": lambda item: [item.vpc_id],
    "subnet-id": lambda item: [item.subnet_id],
    "availability-zone": lambda item: [item.zone],
    "status": lambda item: [item.status],
    "interface-type": lambda item: [item.interface_type],
    "description": lambda item: [item.description],
    "group-id": lambda item: item.group_ids,
    "private-ip-address": lambda item: [item.private_ip],
    "addresses.private-ip-address": lambda item: [item.private_ip],
    "mac-address": lambda item: [item.mac_address],
    "attachment.instance-id": lambda item: [item.instance_id] if item.instance_id else [],
    "requester-managed": lambda item: [str(item.is_requester_managed).lower()],
}


def group_values(item: Group) -> Mapping[str, Iterable[str]]:
    """Return what the filters of DescribeSecurityGroups compare."""
    return {"group-id": [item.id], "group-name": [item.name], "vpc-id": [item.vpc_id]}


def subnet_values(item: Subnet) -> Mapping[str, Iterable[str]]:
    """Return what the filters of DescribeSubnets compare."""
    return {"subnet-id": [item.id], "vpc-id": [item.vpc_id], "availability-zone": [item.zone]}


def _fits_one(value: str, pattern: str) -> bool:
    if value == pattern:
        return True
    is_wild = "*" in pattern or "?" in pattern
    return is_wild and _pattern(pattern).fullmatch(value) is not None


@cache
def _pattern(value: str) -> re.Pattern[str]:
    return re.compile(re.escape(value).replace(r"\*", ".*").replace(r"\?", "."))
