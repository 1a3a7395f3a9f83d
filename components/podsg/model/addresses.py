"""IPv4 networks as people write them."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Source: VPC user guide, "VPC CIDR blocks"; RFC 6890 for loopback, link-local, multicast and reserved space.
_NEVER_A_VPC = tuple(
    IPv4Network(text)
    for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "198.19.0.0/16", "224.0.0.0/3")
)
# Private, shared, loopback and link-local space, which EKS refuses as a source of its public endpoint.
# Source: RFC 1918, 6598, 1122 and 3927.
_NEVER_PUBLIC = tuple(
    IPv4Network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
    )
)
_DOTTED = r"^([0-9]{1,3}\.){3}[0-9]{1,3}"


def refused(allowed: str) -> PydanticCustomError:
    """Make the error of a value that is refused, saying what is allowed instead."""
    return PydanticCustomError("refused", "{allowed}", {"allowed": allowed})


def parse_network(text: str, shortest: int, longest: int, allowed: str) -> IPv4Network:
    """Read an IPv4 network and refuse host bits and sizes out of range.

    Args:
        text: Address, slash, prefix length.
        shortest: Shortest prefix length allowed (0 to 32), the largest network.
        longest: Longest prefix length allowed (0 to 32), the smallest network.
        allowed: What to say is allowed when the text is refused.

    Returns:
        The network.

    Raises:
        PydanticCustomError: The text is no such network; host bits name the network without them.

    Example:
        >>> parse_network("10.42.0.0/16", 16, 20, "a VPC")
        IPv4Network('10.42.0.0/16')
    """
    try:
        network = IPv4Network(text, strict=False)
    except ValueError:
        raise refused(allowed) from None
    if "/" not in text or not shortest <= network.prefixlen <= longest:
        raise refused(allowed)
    if text != str(network):
        raise refused(f"{network}, the same network without host bits")
    return network


_VPC_ALLOWED = "an IPv4 network of /16 to /20 without host bits, such as 10.42.0.0/16"
_SOURCE_ALLOWED = (
    "public networks, each IPv4, /8 to /32, without host bits, such as 203.0.113.0/24; never 0.0.0.0/0"
)
_SUBNET_ALLOWED = "an IPv4 network of /16 to /28 without host bits, such as 10.42.0.0/19"
_POD_ALLOWED = "an IPv4 network of /16 to /24 without host bits, such as 100.64.0.0/16"
_PRIVATE_SOURCE_ALLOWED = (
    "an IPv4 network of /8 to /32 without host bits, such as 10.0.0.0/8; never 0.0.0.0/0"
)
_PEER_ALLOWED = "an IPv4 network of /0 to /32 without host bits, such as 10.0.0.0/8"


def _vpc_network(text: str) -> str:
    return _outside(_NEVER_A_VPC, parse_network(text, 16, 20, _VPC_ALLOWED), _VPC_ALLOWED)


def _public_source(text: str) -> str:
    return _outside(_NEVER_PUBLIC, parse_network(text, 8, 32, _SOURCE_ALLOWED), _SOURCE_ALLOWED)


def _outside(unusable: Iterable[IPv4Network], network: IPv4Network, allowed: str) -> str:
    for block in unusable:
        if network.overlaps(block):
            raise refused(f"{allowed}, outside {block}")
    return str(network)


def _subnet_network(text: str) -> str:
    return str(parse_network(text, 16, 28, _SUBNET_ALLOWED))


def _pod_network(text: str) -> str:
    return _outside(_NEVER_A_VPC, parse_network(text, 16, 24, _POD_ALLOWED), _POD_ALLOWED)


def _private_source(text: str) -> str:
    return str(parse_network(text, 8, 32, _PRIVATE_SOURCE_ALLOWED))


def _peer_network(text: str) -> str:
    return str(parse_network(text, 0, 32, _PEER_ALLOWED))


VpcCidr = Annotated[
    str,
    AfterValidator(_vpc_network),
    Field(json_schema_extra={"pattern": f"{_DOTTED}/(1[6-9]|20)$", "patternErrorMessage": _VPC_ALLOWED}),
]
PublicSourceCidr = Annotated[
    str,
    AfterValidator(_public_source),
    Field(
        json_schema_extra={
            "pattern": f"{_DOTTED}/([89]|[12][0-9]|3[0-2])$",
            "patternErrorMessage": _SOURCE_ALLOWED,
        }
    ),
]
PeerCidr = Annotated[
    str,
    AfterValidator(_peer_network),
    Field(
        json_schema_extra={
            "pattern": f"{_DOTTED}/([0-9]|[12][0-9]|3[0-2])$",
            "patternErrorMessage": _PEER_ALLOWED,
        }
    ),
]
SubnetCidr = Annotated[
    str,
    AfterValidator(_subnet_network),
    Field(
        json_schema_extra={
            "pattern": f"{_DOTTED}/(1[6-9]|2[0-8])$",
            "patternErrorMessage": _SUBNET_ALLOWED,
        },
        examples=["10.42.0.0/19"],
    ),
]
PodCidr = Annotated[
    str,
    AfterValidator(_pod_network),
    Field(json_schema_extra={"pattern": f"{_DOTTED}/(1[6-9]|2[0-4])$", "patternErrorMessage": _POD_ALLOWED}),
]
PrivateSourceCidr = Annotated[
    str,
    AfterValidator(_private_source),
    Field(
        json_schema_extra={
            "pattern": f"{_DOTTED}/([89]|[12][0-9]|3[0-2])$",
            "patternErrorMessage": _PRIVATE_SOURCE_ALLOWED,
        }
    ),
]
