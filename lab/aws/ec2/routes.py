"""Routes that go dark when their target goes."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import route_tables as stock


class Route(stock.Route):
    """Know whether the target is still there; the class keeps moto's name."""

    @property
    def state(self) -> str:
        """Return `active`, or `blackhole` when the target is gone or detached.

        Source: EC2 API reference, Route (state).
        """
        backend = self.route_table.ec2_backend
        nat = self.nat_gateway
        gone = [
            nat is not None and nat.state in {"deleting", "deleted", "failed"},
            self.interface is not None and self.interface.id not in backend.enis,
            self._gateway_is_gone(),
        ]
        return "blackhole" if any(gone) else "active"

    def _gateway_is_gone(self) -> bool:
        gateway: Any = self.gateway
        if gateway is None or not str(gateway.id).startswith("igw-"):
            return False
        return gateway.vpc is None or gateway.vpc.id != self.route_table.vpc_id
