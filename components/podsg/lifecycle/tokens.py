"""What makes an explicit branch ENI findable: its client token and its tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from podsg.lifecycle.interfaces import NetworkInterface

OWNER_TAG: Final = "podsg:owner"
"""`<project>/<stack>`."""
NAME_TAG: Final = "podsg:branch-eni"
"""Logical name of the resource."""
MADE_AT_TAG: Final = "podsg:made-at"
"""When an interface was made, as EC2 does not tell it (ISO 8601, UTC)."""
GENERATION_TAG: Final = "podsg:generation"
"""How many of its name were asked for before it: which token it has."""
OWN_TAGS: Final = frozenset({OWNER_TAG, NAME_TAG, MADE_AT_TAG, GENERATION_TAG})
"""Tags that no program asks for."""


def client_token(*parts: object) -> str:
    """Return the same token for the same parts: 64 ASCII characters, as many as EC2 takes.

    Args:
        parts: Whatever makes one request different from another.

    Source: EC2 API reference, CreateNetworkInterface (ClientToken).

    Example:
        >>> len(client_token("shop/dev", "one", 0))
        64
        >>> client_token("shop/dev", "one", 0) == client_token("shop/dev", "one", 1)
        False
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=list).encode()).hexdigest()


def own_tags(owner: str, name: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Return all tags of an explicit branch ENI.

    Example:
        >>> own_tags("shop/dev", "one", {"team": "shop"})
        {'Name': 'one', 'team': 'shop', 'podsg:owner': 'shop/dev', 'podsg:branch-eni': 'one'}
    """
    return {"Name": name, **tags, OWNER_TAG: owner, NAME_TAG: name}


def is_own(interface: NetworkInterface, owner: str, name: str) -> bool:
    """Tell whether an interface is the branch ENI of this resource.

    Example:
        >>> tags = own_tags("shop/dev", "one", {})
        >>> is_own(NetworkInterface("eni-1", "vpc-1", "subnet-1", tags=tags), "shop/dev", "one")
        True
    """
    return interface.tags.get(OWNER_TAG) == owner and interface.tags.get(NAME_TAG) == name
