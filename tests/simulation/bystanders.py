"""What is in the cloud and is none of the stack's: it has to stay as it is."""

from __future__ import annotations

from collections.abc import Mapping

from podsg.lifecycle.interfaces import NetworkInterface
from tests.simulation.region import Region
from tests.simulation.rows import InterfaceRow


class Bystanders:
    """Remember what was there before.

    Args:
        region: The cloud, before the first call.
    """

    def __init__(self, region: Region) -> None:
        """Look at everything."""
        self._region = region
        self._before = _shown(region)

    def breaches(self) -> list[str]:
        """Return which of them were deleted or changed."""
        after = _shown(self._region)
        return [
            f"foreign, {'changed' if key in after else 'deleted'}: {before}"
            for key, before in self._before.items()
            if after.get(key) != before
        ]

    def newcomers(self) -> list[InterfaceRow]:
        """Return the interfaces that came since."""
        return [row for row in self._region.interfaces.values() if row.id not in self._before]

    def add(self, interface_id: str) -> None:
        """Remember an interface that a stranger has made or changed since."""
        self._before = {**self._before, interface_id: self._region.interfaces[interface_id].shown()}


def _shown(region: Region) -> Mapping[str, NetworkInterface]:
    return {row.id: row.shown() for row in region.interfaces.values()}
