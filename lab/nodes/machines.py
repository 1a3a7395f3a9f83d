"""The EC2 instances of a cluster, as the lab's AWS tells them."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from lab.nodes.caller import Credentials, credentials_of

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Machine:
    """Describe one running instance and what its bootstrap passed to the kubelet.

    Attributes:
        name: Private DNS name, which becomes the node's name.
        labels: Labels that the kubelet sets at registration, by key.
        taints: Taints that the kubelet sets at registration, in Kubernetes' words.
        max_pods: How many pods the kubelet takes (count).
        version: The kubelet's version, such as `v1.35.4`.
        credentials: The session in which aws-node calls EC2; None if it finds no credentials.
        reaches_api: Whether the subnet lets the kubelet reach the cluster's API at all.
    """

    instance_id: str
    name: str
    zone: str
    region: str
    instance_type: str
    private_ip: str
    subnet_id: str
    max_pods: int
    version: str
    reaches_api: bool
    labels: dict[str, str] = field(default_factory=dict)
    taints: list[dict[str, str]] = field(default_factory=list)
    credentials: Credentials | None = None


class Machines:
    """Keep the cluster's machines as they were at the last answer.

    Args:
        url: The route that tells them.
        changed: Called with the name of each machine that came, changed or went.
    """

    def __init__(self, url: str, changed: Callable[[str], None]) -> None:
        self._url, self._changed = url, changed
        self._pool = urllib3.PoolManager(retries=False, timeout=10.0)
        self._known: dict[str, Machine] = {}
        self._problem = ""
        self.listed = threading.Event()

    def get(self, name: str) -> Machine | None:
        """Return a machine, None if no running instance has that name."""
        return self._known.get(name)

    def start(self) -> None:
        """Start to ask, twice a second."""
        threading.Thread(target=self._run, name="machines", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.poll()
                self._problem = ""
            except (HTTPError, OSError, ValueError, KeyError, TypeError) as error:
                if str(error) != self._problem:
                    self._problem = str(error)
                    LOG.warning("asking for the machines: %s", error)
            time.sleep(POLL_SECONDS)

    def poll(self) -> None:
        """Ask once; what was known stays when there is no answer.

        Raises:
            ValueError: The answer is not the list of machines.
        """
        response = self._pool.request("GET", self._url)
        if response.status != HTTPStatus.OK:
            raise ValueError(f"{self._url} answered HTTP {response.status}")
        found = {machine.name: machine for machine in map(machine_of, json.loads(response.data)["machines"])}
        before, self._known = self._known, found
        self.listed.set()
        for name in before.keys() | found.keys():
            if before.get(name) != found.get(name):
                self._changed(name)


def machine_of(entry: dict[str, Any]) -> Machine:
    """Read one entry of the route's answer."""
    values = {key: entry[key] for key in Machine.__dataclass_fields__}
    return Machine(**values | {"credentials": credentials_of(entry["credentials"])})
