"""Attaching interfaces to instances, and taking them off."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import InvalidNetworkAttachmentIdError
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

from lab.aws.ec2.errors import ec2_error
from lab.aws.ec2.launching import check_address_count, check_free, check_interface_count
from lab.aws.ec2.limits import limits_of
from lab.aws.transitions import after

_DETACH_SECONDS = 0.2
_ATTACHABLE = {"running", "stopped"}


class AttachmentBackend(EC2Backend):
    """Hold which interface sits on which instance."""

    def attached_interface(self, attachment_id: str) -> Any:
        """Return the interface of an attachment, be it to an instance or to a service."""
        for interface in self.enis.values():
            if interface.attachment is not None and interface.attachment.attachment_id == attachment_id:
                return interface
        raise InvalidNetworkAttachmentIdError(attachment_id)

    def detach_network_interface(self, attachment_id: str, *, force: bool = False) -> None:
        """Take an interface off its instance, a moment later unless it is forced.

        Source: EC2 API reference, DetachNetworkInterface (Force), NetworkInterfaceAttachment (status).
        """
        interface = self.attached_interface(attachment_id)
        interface.attachment_status = "detaching"

        def finish() -> None:
            if interface.attachment_id == attachment_id and interface.instance is not None:
                interface.instance.detach_eni(interface)

        if force:
            finish()
        else:
            after(_DETACH_SECONDS, finish)


class AttachmentCalls(EC2Response):
    """Check calls about attachments before they are made."""

    def attach_network_interface(self) -> ActionResult:
        """Attach an interface; it stays when the instance ends, unless that is changed.

        Source: hashicorp/terraform-provider-aws issue 27513 (in use), pull request 906 (device index); EC2
        error codes page, AttachmentLimitExceeded, IncorrectState; EC2 API reference, AttachNetworkInterface
        (zone; the code is the lab's own choice).
        """
        interface_id = self._get_param("NetworkInterfaceId")
        interface: Any = self.ec2_backend.get_network_interface(interface_id)
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        index = self._device_index()
        check_free(interface)
        _check_instance(instance, interface, index)
        self.error_on_dryrun()
        attachment = self.ec2_backend.attach_network_interface(interface_id, instance.id, index)
        return ActionResult({"AttachmentId": attachment.attachment_id, "NetworkCardIndex": 0})

    def _device_index(self) -> int:
        """Return the device index; the lab's instances have one network card.

        Source: EC2 API reference, AttachNetworkInterface (DeviceIndex, NetworkCardIndex; the code is the
        lab's own choice).
        """
        index = self._get_int_param("DeviceIndex")
        if index is None:
            raise ec2_error("MissingParameter", "The request must contain the parameter DeviceIndex")
        card: int = self._get_int_param("NetworkCardIndex", 0)
        if index < 0 or card != 0:
            name, value = ("DeviceIndex", index) if index < 0 else ("NetworkCardIndex", card)
            raise ec2_error("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid.")
        return int(index)

    def detach_network_interface(self) -> ActionResult:
        """Refuse primary interfaces, and attachments that AWS services made.

        Source: boto/boto3 issue 2218; EC2 error codes page, AuthFailure; getmoto/moto issue 7678 (primary).
        """
        attachment_id = self._get_param("AttachmentId")
        interface = self.ec2_backend.attached_interface(attachment_id)
        if interface.service_attachment:
            if attachment_id.startswith("ela-"):
                problem = "You are not allowed to manage 'ela-attach' attachments."
                raise ec2_error("OperationNotPermitted", problem)
            raise ec2_error("AuthFailure", "You do not have permission to access the specified resource.")
        if interface.device_index == 0:
            problem = "The network interface at device index 0 and networkCard index 0 cannot be detached."
            raise ec2_error("OperationNotPermitted", problem)
        self.error_on_dryrun()
        force = bool(self._get_bool_param("Force"))
        self.ec2_backend.detach_network_interface(attachment_id, force=force)
        return EmptyResult()

    def modify_network_interface_attribute(self) -> ActionResult:
        """Keep what becomes of an interface when its instance ends.

        Source: EC2 API reference, ModifyNetworkInterfaceAttribute (Attachment); error codes page,
        InvalidAttachmentID.NotFound.
        """
        interface = self.ec2_backend.enis.get(self._get_param("NetworkInterfaceId"))
        wanted = self._get_param("Attachment") or {}
        if wanted and interface is not None and not interface.requester_managed:
            attachment_id = wanted.get("AttachmentId")
            if not attachment_id:
                raise ec2_error("MissingParameter", "The request must contain the parameter AttachmentId")
            if interface.attachment_id != attachment_id:
                raise InvalidNetworkAttachmentIdError(attachment_id)
        result = super().modify_network_interface_attribute()
        if wanted.get("DeleteOnTermination") is not None:
            interface.delete_on_termination = bool(wanted["DeleteOnTermination"])
        return result


def _check_instance(instance: Any, interface: Any, index: int) -> None:
    if instance.state not in _ATTACHABLE:
        raise ec2_error("IncorrectState", f"Instance '{instance.id}' is not 'running' or 'stopped'.")
    if interface.availability_zone != instance.availability_zone:
        problem = (
            "You may not attach a network interface to an instance "
            "if they are not in the same availability zone"
        )
        raise ec2_error("InvalidParameterCombination", problem)
    if index in instance.nics:
        problem = f"Instance '{instance.id}' already has an interface attached at device index '{index}'."
        raise ec2_error("InvalidParameterValue", problem)
    check_interface_count(len(instance.nics) + 1, instance.instance_type)
    check_address_count(len(interface.private_ip_addresses), limits_of(instance.instance_type))
