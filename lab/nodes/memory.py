"""What the agent keeps about a node and can lose: the API server and EC2 tell it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lab.nodes.objects import Object, uid_of
from lab.nodes.pods import address_of, secondary_address


@dataclass
class Memory:
    """Keep what was done about one node.

    Attributes:
        registered: Instance whose kubelet registered; a Node that others delete does not come back.
        promised: Secondary address by pod id, from the moment it is chosen until the pod shows it.
        waiting: When a pod, by id, was first seen without an address (monotonic seconds).
        pool: What the pool of addresses was last looked at for.
        retry: When it has to be looked at again (monotonic seconds), None if only after a change.
    """

    registered: str = ""
    promised: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, float] = field(default_factory=dict)
    pool: tuple[object, ...] | None = None
    retry: float | None = None

    def forget_others(self, pods: Iterable[Object]) -> None:
        """Drop what is known about pods that are not there any more, or have what they waited for."""
        open_ids = {uid_of(pod) for pod in pods if address_of(pod) is None}
        self.promised = {uid: address for uid, address in self.promised.items() if uid in open_ids}
        self.waiting = {uid: since for uid, since in self.waiting.items() if uid in open_ids}

    def used(self, pods: Iterable[Object]) -> frozenset[str]:
        """Return the secondary addresses that pods have or were promised."""
        return frozenset(filter(None, map(secondary_address, pods))) | frozenset(self.promised.values())

    def promise(self, pod: Object, free: Iterable[str]) -> str | None:
        """Choose an address for a pod, always the same one for the same pod; None if none is free."""
        if uid_of(pod) not in self.promised:
            taken = set(self.promised.values())
            chosen = next((address for address in free if address not in taken), None)
            if chosen is None:
                return None
            self.promised[uid_of(pod)] = chosen
        return self.promised[uid_of(pod)]
