"""VLANs of trunk ENIs: which are free, and which a thread of this process is about to take."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection
from typing import Final

LOWEST_VLAN: Final = 1
HIGHEST_VLAN: Final = 120
"""Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/provider/branch/trunk/trunk.go
(MaxAllocatableVlanIds).
"""


class Vlans:
    """Hand out VLANs, no VLAN of a trunk twice at a time."""

    def __init__(self) -> None:
        """Start with nothing handed out, and nothing probed."""
        self._lock = threading.Lock()
        self._taken: dict[str, set[int]] = defaultdict(set)
        self._open: set[str] = set()

    def take(self, trunk_id: str, used: Collection[int], wanted: int = 0) -> int:
        """Reserve the wanted VLAN, else the lowest that is free; 0 if there is none.

        Args:
            trunk_id: The trunk.
            used: VLANs that EC2 shows on it.
            wanted: VLAN that it has to be; 0 for any.

        Example:
            >>> vlans = Vlans()
            >>> vlans.take("eni-1", {1, 3}), vlans.take("eni-1", {1, 3}), vlans.take("eni-1", {1, 3}, 3)
            (2, 4, 0)
        """
        with self._lock:
            taken = self._taken[trunk_id].union(used)
            candidates = [wanted] if wanted else range(LOWEST_VLAN, HIGHEST_VLAN + 1)
            found = next((one for one in candidates if one not in taken), 0)
            if found:
                self._taken[trunk_id].add(found)
            return found

    def give_back(self, trunk_id: str, vlan_id: int) -> None:
        """End a reservation: EC2 shows the VLAN by now, or it was not taken."""
        with self._lock:
            self._taken[trunk_id].discard(vlan_id)

    def is_open(self, trunk_id: str) -> bool:
        """Tell whether the trunk call was found open before."""
        with self._lock:
            return trunk_id in self._open

    def note_open(self, trunk_id: str) -> None:
        """Remember that the trunk call is open."""
        with self._lock:
            self._open.add(trunk_id)
