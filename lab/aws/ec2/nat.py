"""NAT gateways that take their time: pending, available or failed, deleting, deleted."""

from __future__ import annotations

import time
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models import nat_gateways as stock

TRANSITION_SECONDS = 0.4


class NatGateway(stock.NatGateway):
    """Own an interface of type `nat_gateway`; the class keeps moto's name."""

    def __init__(self, backend: Any, subnet_id: str, *args: Any, **kwargs: Any) -> None:
        """Build moto's gateway, then let it begin as pending."""
        super().__init__(backend, subnet_id, *args, **kwargs)
        self.connectivity_type = self.connectivity_type or "public"
        self._eni.description = f"Interface for NAT Gateway {self.id}"
        self._eni.set_groups([])
        self._eni.attach_to_service("amazon-aws", "nat_gateway")
        self.private_ip = self._eni.private_ip_address
        self.state = "pending"
        self.failure_code: str | None = None
        self.failure_message: str | None = None
        self.delete_time: Any = None
        self._due = time.monotonic() + TRANSITION_SECONDS

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        """Return the value that a filter of DescribeNatGateways compares."""
        if filter_name == "nat-gateway-id":
            return self.id
        return super().get_filter_value(filter_name, method_name)

    @property
    def interface_id(self) -> str:
        """Return the id of the gateway's interface."""
        return str(self._eni.id)

    def fail(self, code: str, message: str) -> None:
        """Let the creation end in failure.

        Source: VPC user guide, troubleshoot NAT gateways; EC2 API reference, NatGateway (failureCode).
        """
        self.failure_code, self.failure_message = code, message

    def begin_deletion(self) -> None:
        """Start to delete; a gateway that is gone or going stays as it is."""
        if self.state in {"deleting", "deleted"}:
            return
        self.state = "deleting"
        self._due = time.monotonic() + TRANSITION_SECONDS

    def settle(self) -> bool:
        """Make the step that is due; tell whether the gateway has to give its interface back."""
        if time.monotonic() < self._due:
            return False
        if self.state == "pending":
            self.state = "failed" if self.failure_code else "available"
            return self.state == "failed"
        if self.state == "deleting":
            self.state = "deleted"
            self.delete_time = utcnow()
            return True
        return False
