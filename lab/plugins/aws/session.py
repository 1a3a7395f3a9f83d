"""The configured provider: where it talks to, as whom, and with which defaults."""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from lab.plugins.interface import PluginError

ENDPOINT_VARIABLE: Final = "AWS_ENDPOINT_URL"
_CONNECTIONS: Final = 64


def loopback_endpoint(url: str | None, origin: str) -> str:
    """Return the endpoint if it is on this machine.

    The lab's provider must never reach a real account, whatever credentials it finds.

    Args:
        url: Address of an AWS API, `http://127.0.0.1:5000`.
        origin: Where the address comes from, for the message.

    Raises:
        PluginError: There is no address, or it is not a loopback address.
    """
    host = urlsplit(url or "").hostname
    if url and host and _is_loopback(host):
        return url
    message = (
        f"lab-endpoint: {origin} is {url!r}, not an address on loopback.\n"
        "  Why: the lab's provider would send its calls to another machine, perhaps to a real account.\n"
        "  Fix: start it through `podsg lab up`, which sets AWS_ENDPOINT_URL to the lab's own AWS."
    )
    raise PluginError(message)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass
class Session:
    """Clients and defaults of one provider configuration."""

    region: str
    endpoint: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Addresses of single services, by boto3's name."""
    default_tags: Mapping[str, str] = field(default_factory=dict)
    ignored_tag_keys: frozenset[str] = frozenset()
    ignored_tag_prefixes: tuple[str, ...] = ()
    credentials: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of `boto3.Session`."""

    def __post_init__(self) -> None:
        """Prepare the cache of clients."""
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._account = ""
        self._boto = boto3.Session(**self.credentials)

    def client(self, service: str, region: str) -> Any:
        """Return the shared client of a service in a region."""
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                make: Callable[..., Any] = self._boto.client
                self._clients[key] = make(
                    service,
                    region_name=region,
                    endpoint_url=self.endpoints.get(service, self.endpoint),
                    config=Config(
                        max_pool_connections=_CONNECTIONS,
                        proxies={},
                        retries={"mode": "standard", "total_max_attempts": 5},
                    ),
                )
            return self._clients[key]

    @property
    def account(self) -> str:
        """Id of the account behind the credentials."""
        if not self._account:
            self._account = str(self.client("sts", self.region).get_caller_identity()["Account"])
        return self._account

    @property
    def partition(self) -> str:
        """Partition of the region."""
        return self._boto.get_partition_for_region(self.region)

    def arn(self, service: str, resource: str, region: str) -> str:
        """Build an ARN of a regional resource in this account."""
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"

    def shows_tag(self, key: str) -> bool:
        """Say whether a live tag belongs to the program: not AWS's own, not ignored."""
        return key not in self.ignored_tag_keys and not key.startswith(("aws:", *self.ignored_tag_prefixes))


def environment_endpoint() -> str:
    """Return the lab's AWS from the environment; refuse anything that is not on loopback."""
    return loopback_endpoint(os.environ.get(ENDPOINT_VARIABLE), f"the variable {ENDPOINT_VARIABLE}")
