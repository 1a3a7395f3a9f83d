"""Instances that take their time, and whose interfaces have their own groups and their own end."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import VPCIdNotSpecifiedError
from moto.ec2.models import instances as stock

from lab.aws import delays
from lab.aws.transitions import after

if TYPE_CHECKING:
    from collections.abc import Sequence

_START_SECONDS = 0.4
ENDING = {"shutting-down", "terminated"}


class Instance(stock.Instance):
    """Begin as pending, end as shutting-down; the class keeps moto's name.

    Source: EC2 user guide, instance lifecycle.
    """

    def __init__(
        self, ec2_backend: Any, image_id: str, user_data: Any, security_groups: Any, **kwargs: Any
    ) -> None:
        """Build moto's instance, then let it begin as pending."""
        self.nics: dict[int, Any] = {}
        self.new_interfaces: list[Any] = []
        self.role_arn: str | None = None
        self._launch_groups: list[Any] = []
        super().__init__(ec2_backend, image_id, user_data, security_groups, **kwargs)
        self._subnet_id = self.nics[0].subnet.id
        self._placement.zone = self.nics[0].subnet.availability_zone
        self._state = stock.InstanceState("pending", 0)
        after(_START_SECONDS, self._run)

    def _run(self) -> None:
        if self.state == "pending":
            self._state = stock.InstanceState("running", 16)

    @property
    def security_groups(self) -> list[Any]:
        """Return the groups of the primary interface.

        Source: EC2 API reference, Instance (groupSet) and ModifyInstanceAttribute (GroupId).
        """
        return list(self.nics[0].group_set) if 0 in self.nics else self._launch_groups

    @security_groups.setter
    def security_groups(self, groups: Sequence[Any]) -> None:
        if 0 not in self.nics:
            self._launch_groups = list(groups)
        elif groups:
            self.nics[0].set_groups(groups)

    def prep_nics(
        self,
        nic_spec: list[dict[str, Any]],
        private_ip: str | None = None,
        associate_public_ip: bool | None = None,  # noqa: FBT001  moto passes it by name
        security_groups: list[Any] | None = None,
        ipv6_address_count: int | None = None,
    ) -> None:
        """Make or take the interfaces of the launch, each with its own groups only."""
        alone = {
            "DeviceIndex": 0,
            "Description": "Primary network interface",
            "Groups": [group.id for group in security_groups or []],
            "PrivateIpAddress": private_ip,
        }
        try:
            for spec in nic_spec or [alone]:
                self._add_interface(spec, associate_public_ip, ipv6_address_count)
        except BaseException:
            self.discard()
            raise

    def _add_interface(self, spec: dict[str, Any], public: object, ipv6_address_count: int | None) -> None:
        index = int(spec["DeviceIndex"])
        if interface_id := spec.get("NetworkInterfaceId"):
            interface = self.ec2_backend.get_network_interface(interface_id)
        else:
            chosen = spec.get("AssociatePublicIpAddress")
            interface = self.ec2_backend.create_network_interface(
                self._subnet_of(spec),
                spec.get("PrivateIpAddress"),
                spec.get("PrivateIpAddresses"),
                spec.get("Groups"),
                spec.get("Description"),
                delete_on_termination=spec.get("DeleteOnTermination") is not False,
                device_index=index,
                public_ip_auto_assign=public if chosen is None and index == 0 else chosen or False,
                secondary_ips_count=spec.get("SecondaryPrivateIpAddressCount"),
                ipv6_address_count=spec.get("Ipv6AddressCount") or ipv6_address_count,
            )
            interface.interface_type = spec.get("InterfaceType") or "interface"
            interface.connection_tracking_configuration = spec.get("ConnectionTrackingSpecification")
            self.new_interfaces.append(interface)
        self.attach_eni(interface, index)

    def _subnet_of(self, spec: dict[str, Any]) -> Any:
        if subnet_id := spec.get("SubnetId") or self._subnet_id:
            return self.ec2_backend.get_subnet(subnet_id)
        subnet = self.ec2_backend.get_default_subnets().get(self._placement.zone)
        if subnet is None:
            raise VPCIdNotSpecifiedError
        return subnet

    def attach_eni(self, eni: Any, device_index: int) -> str:
        """Attach an interface; what becomes of it when the instance ends is the caller's to say."""
        eni.attachment_status = "attached"
        return str(super().attach_eni(eni, device_index))

    def detach_eni(self, eni: Any) -> None:
        """Set an interface free, with its public address; if it is a trunk, its branches are free too.

        Source: VPC user guide, Elastic IP addresses (an address stays with its interface).
        """
        super().detach_eni(eni)
        eni.delete_on_termination = False
        for address in self.ec2_backend.addresses:
            if address.eni is eni:
                address.instance = None
        self.ec2_backend.trunks.detached(self.ec2_backend, eni.id)

    def discard(self) -> None:
        """Undo a launch that cannot be finished."""
        for interface in self.network_interfaces:
            if interface in self.new_interfaces:
                self.ec2_backend.remove_interface(interface.id)
            else:
                self.detach_eni(interface)
        self.nics = {}

    def terminate(self) -> stock.InstanceState:
        """Begin to end; an instance that is ending or has ended stays as it is.

        Source: EC2 API reference, TerminateInstances.
        """
        previous = copy.copy(self._state)
        if self.state not in ENDING:
            self._state = stock.InstanceState("shutting-down", 32)
            after(delays.seconds(delays.INSTANCE_END), self._end)
        return previous

    def _end(self) -> None:
        """End: some interfaces go with the instance, the others are free.

        Source: EC2 API reference, NetworkInterfaceAttachment (deleteOnTermination).
        """
        if self.state != "shutting-down":
            return
        for interface in self.network_interfaces:
            interface.stop()
            if interface.delete_on_termination:
                self.ec2_backend.remove_interface(interface.id)
            else:
                self.detach_eni(interface)
        self._launch_groups = []
        self.nics = {}
        super().terminate()
        self._subnet_id = None

    @property
    def private_ip(self) -> str | None:
        """Return the primary private address; None once the instance has ended."""
        return self.nics[0].private_ip_address if 0 in self.nics else None

    @property
    def private_ip_address(self) -> str | None:
        """Return the primary private address under its name on the wire."""
        return self.private_ip

    @property
    def private_dns_name(self) -> str:
        """Return the private name; empty once the instance has ended."""
        return super().private_dns_name if self.private_ip else ""

    @property
    def public_ip(self) -> str | None:
        """Return the public address of the primary interface; None if it has none."""
        return self.nics[0].public_ip if 0 in self.nics else None

    @property
    def public_ip_address(self) -> str | None:
        """Return the public address under its name on the wire."""
        return self.public_ip
