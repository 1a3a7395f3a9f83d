"""Private addresses of a subnet: who holds which, and which are never handed out."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from lab.aws.ec2.errors import ec2_error

if TYPE_CHECKING:
    from collections.abc import Collection

_RESERVED_LEADING_COUNT = 4
SMALLEST_PREFIX = 28
LARGEST_PREFIX = 16


class AddressPool:
    """Hand out the addresses of one subnet, each to one holder.

    Source: VPC user guide, subnet sizing: the first four addresses and the last are reserved.
    """

    def __init__(self, network: IPv4Network) -> None:
        """Start with all addresses free."""
        self._network = network
        self._holders: dict[IPv4Address, object] = {}
        self._cursor = _RESERVED_LEADING_COUNT

    @property
    def taken_count(self) -> int:
        """Return how many addresses have a holder."""
        return len(self._holders)

    def check(self, text: str, holder: object = None) -> IPv4Address:
        """Return the address if it may be given to the holder.

        Raises:
            EC2ClientError: it is malformed, outside the subnet, reserved, or held by another.
        """
        try:
            address = IPv4Address(text)
        except ValueError:
            problem = f"Value ({text}) for parameter address is invalid. Invalid IPv4 address."
            raise ec2_error("InvalidParameterValue", problem) from None
        if address not in self._network:
            problem = f"Address {text} does not fall within the subnet's address range"
            raise ec2_error("InvalidParameterValue", problem)
        if self._is_reserved(address):
            raise ec2_error("InvalidParameterValue", f"Address {text} is in subnet's reserved address range")
        if self._holders.get(address, holder) is not holder:
            raise ec2_error("InvalidIPAddress.InUse", "The specified address is already in use.")
        return address

    def can_take(self, text: str, giver: object = None) -> bool:
        """Tell whether an address is in the subnet and free, or held by `giver`."""
        try:
            address = IPv4Address(text)
        except ValueError:
            return False
        if address not in self._network or self._is_reserved(address):
            return False
        return self._holders.get(address, giver) is giver

    def holder(self, text: str) -> object:
        """Return who holds an address; None if nobody does."""
        return self._holders.get(IPv4Address(text))

    def take(self, text: str, holder: object) -> str:
        """Give an address to a holder, whoever had it before."""
        self._holders[IPv4Address(text)] = holder
        return text

    def take_next(self, holder: object, avoid: Collection[object] = ()) -> str:
        """Give the next free address to a holder; addresses given back are used again last.

        Raises:
            EC2ClientError: none is free.
        """
        size = self._network.num_addresses
        for step in range(size):
            address = self._network[(self._cursor + step) % size]
            if address in self._holders or address in avoid or self._is_reserved(address):
                continue
            self._cursor = (self._cursor + step + 1) % size
            self._holders[address] = holder
            return str(address)
        problem = "The specified subnet does not have enough free addresses to satisfy the request."
        raise ec2_error("InsufficientFreeAddressesInSubnet", problem)

    def release(self, text: str) -> None:
        """Free one address."""
        self._holders.pop(IPv4Address(text), None)

    def release_all(self, holder: object) -> None:
        """Free everything that a holder has."""
        for address in [address for address, owner in self._holders.items() if owner is holder]:
            del self._holders[address]

    def _is_reserved(self, address: IPv4Address) -> bool:
        position = int(address) - int(self._network.network_address)
        return position < _RESERVED_LEADING_COUNT or position == self._network.num_addresses - 1
