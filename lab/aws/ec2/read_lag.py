"""Reads that lag: EC2 answers a describe of interfaces from a copy that is some seconds old.

Off until it is switched on. Then every state of the interfaces is kept for as long as a read may lag behind.

Source: EC2 developer guide, eventual consistency in the Amazon EC2 API.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from lab.aws.lock import BACKEND_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_SECONDS = 120.0
_SAMPLE_SECONDS = 0.25


@dataclass(frozen=True)
class Snapshot:
    """Hold the interfaces and trunk associations of one moment."""

    at: float
    interfaces: dict[str, Any]
    associations: dict[str, Any]


@dataclass
class _History:
    snapshots: deque[Snapshot] = field(default_factory=deque)
    marks: dict[str, tuple[Any, ...]] = field(default_factory=dict)


class ReadLag:
    """Choose for each read how old its answer is.

    The ages of successive reads come from the seed and differ: copies of EC2's state are behind each on its
    own, so a later read may show an earlier state.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start switched off."""
        self._clock = clock
        self._longest = 0.0
        self._shortest = 0.0
        self._writes_too = False
        self._agent = "*"
        self._ages = random.Random(0)  # noqa: S311 - repeatable, not secret
        self._reads = 0
        self._histories: dict[int, _History] = {}
        self._generation = 0

    def switch(
        self,
        longest: float,
        *,
        shortest: float = 0.0,
        seed: int = 0,
        writes_too: bool = False,
        agent: str = "*",
    ) -> None:
        """Set the lag, and forget what was kept.

        Args:
            longest: Age of the oldest answer (seconds, 0 to 120); 0 switches the lag off.
            shortest: Age of the newest answer (seconds).
            seed: Chooses the ages between.
            writes_too: A call that names an interface which a lagging copy does not know yet is refused.
            agent: Pattern of the user agents for which reads lag; all others see the present state.

        Raises:
            ValueError: The ages are out of range.
        """
        if not 0 <= shortest <= longest <= LONGEST_SECONDS:
            raise ValueError(f"a lag is 0 to {LONGEST_SECONDS:.0f} s, its shortest at most its longest")
        with BACKEND_LOCK:
            self._longest, self._shortest, self._writes_too = longest, shortest, writes_too
            self._agent = agent
            self._ages = random.Random(seed)  # noqa: S311 - repeatable, not secret
            self._reads = 0
            self._histories.clear()
            self._generation += 1
        if longest:
            sampler = threading.Thread(target=self._sample, args=(self._generation,), daemon=True)
            sampler.start()

    @property
    def is_on(self) -> bool:
        """Whether reads lag."""
        return self._longest > 0

    def concerns(self, headers: Mapping[str, str]) -> bool:
        """Tell whether the reads of a request with these headers lag."""
        return self.is_on and fnmatchcase(headers.get("User-Agent", ""), self._agent)

    def refuses(self, headers: Mapping[str, str]) -> bool:
        """Tell whether changes by a request with these headers lag, too."""
        return self._writes_too and self.concerns(headers)

    def state(self) -> dict[str, Any]:
        """Return the settings, and how many reads there were."""
        return {
            "longest": self._longest,
            "shortest": self._shortest,
            "writes_too": self._writes_too,
            "agent": self._agent,
            "reads": self._reads,
        }

    def record(self, backend: Any) -> None:
        """Keep the present state if it differs from the newest one; cheap when switched off."""
        if self.is_on:
            self._history(backend)

    def read(self, backend: Any) -> Snapshot:
        """Return the state that one read sees."""
        history = self._history(backend)
        self._reads += 1
        moment = self._clock() - self._ages.uniform(self._shortest, self._longest)
        old = [each for each in history.snapshots if each.at <= moment]
        return old[-1] if old else history.snapshots[0]

    def _history(self, backend: Any) -> _History:
        history = self._histories.setdefault(id(backend), _History())
        now = self._clock()
        marks = {key: _mark(interface) for key, interface in backend.enis.items()}
        associations = {item.association_id: item for item in backend.trunks.all()}
        newest = history.snapshots[-1] if history.snapshots else None
        if newest is None or marks != history.marks or associations.keys() != newest.associations.keys():
            known = newest.interfaces if newest else {}
            kept = {
                key: known[key] if history.marks.get(key) == mark else _copy(backend.enis[key])
                for key, mark in marks.items()
            }
            history.marks = marks
            history.snapshots.append(Snapshot(now, kept, associations))
        while len(history.snapshots) > 1 and history.snapshots[1].at <= now - self._longest:
            history.snapshots.popleft()
        return history

    def _sample(self, generation: int) -> None:
        """Keep what changes by itself: instances end, interfaces come loose."""
        from moto.ec2.models import ec2_backends  # noqa: PLC0415 - moto loads it late, too

        while True:
            with BACKEND_LOCK:
                if self._generation != generation:
                    return
                for regions in list(ec2_backends.values()):
                    for backend in list(regions.values()):
                        self._history(backend)
            time.sleep(_SAMPLE_SECONDS)


def _mark(interface: Any) -> tuple[Any, ...]:
    """Return what tells two states of an interface apart."""
    return (
        interface.status,
        interface.interface_type,
        interface.description,
        interface.attachment_id,
        interface.attachment_status,
        interface.delete_on_termination,
        interface.public_ip,
        tuple(group.id for group in interface.group_set),
        tuple(entry["PrivateIpAddress"] for entry in interface.private_ip_addresses),
        tuple((tag["key"], tag["value"]) for tag in interface.get_tags()),
    )


def _copy(interface: Any) -> Any:
    """Return an interface that stays as it is now; its class keeps the name that the wire needs.

    Made without the class's own way, which counts every object of a kind.
    """
    made = object.__new__(type(interface))
    tags = list(interface.get_tags())
    vars(made).update(vars(interface))
    vars(made)["_group_set"] = list(interface.group_set)
    vars(made)["private_ip_addresses"] = [dict(entry) for entry in interface.private_ip_addresses]
    vars(made)["get_tags"] = lambda: tags
    return made


LAG = ReadLag()
"""The lag of this server's EC2."""
