"""Launching and terminating instances, for AWS services and for API callers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends
from moto.ec2.utils import parse_user_data

from lab.aws.ec2.errors import ec2_error
from lab.aws.ec2.limits import InstanceLimits, limits_of
from lab.aws.lock import BACKEND_LOCK
from lab.aws.server import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAUNCH_TYPES = {None, "interface", "efa", "efa-only"}
_ONLY_FOR_NEW = ("SubnetId", "Groups", "PrivateIpAddress", "PrivateIpAddresses", "DeleteOnTermination")


def launch_instance(
    region: str,
    *,
    instance_type: str,
    subnet_id: str,
    group_ids: list[str],
    tags: dict[str, str],
    interface_tags: dict[str, str],
    user_data: str | None,
    image_id: str,
    role_arn: str,
) -> str:
    """Start an instance as an AWS service does; it is pending, and runs a moment later.

    Args:
        region: Region of the subnet.
        instance_type: Such as `m5.large`.
        subnet_id: Subnet of the primary interface.
        group_ids: Exactly the groups of the primary interface; the VPC's default group if empty.
        tags: Tags of the instance.
        interface_tags: Tags of the primary interface.
        user_data: Base64; None for none.
        image_id: Image of the instance.
        role_arn: Role that the instance acts as.

    Returns:
        The instance's id.

    Raises:
        EC2ClientError: unknown type, subnet or group, group of another VPC, or no free address.
    """
    spec = {
        "DeviceIndex": 0,
        "SubnetId": subnet_id,
        "Groups": list(group_ids),
        "Description": "Primary network interface",
    }
    with BACKEND_LOCK:
        backend: Any = ec2_backends[ACCOUNT_ID][region]
        check_launch(backend, instance_type, [spec], 1)
        reservation = backend.run_instances(
            image_id,
            1,
            parse_user_data(user_data),
            [],
            instance_type=instance_type,
            is_instance_type_default=False,
            region_name=region,
            nics=[spec],
            associate_public_ip=None,
            tags={"instance": tags},
        )
        instance = reservation.instances[0]
        instance.role_arn = role_arn
        instance.nics[0].add_tags(interface_tags)
        return str(instance.id)


def terminate_instances(region: str, instance_ids: Sequence[str]) -> None:
    """Let instances shut down; a moment later they are terminated.

    Args:
        region: Region of the instances.
        instance_ids: The instances; those that have ended already stay as they are.

    Raises:
        EC2ClientError: one is unknown.
    """
    with BACKEND_LOCK:
        if instance_ids:
            backend: Any = ec2_backends[ACCOUNT_ID][region]
            backend.terminate_instances(list(instance_ids))


def instance_of(region: str, instance_id: str) -> Any:
    """Return an instance, also one that has ended; None if there never was one."""
    with BACKEND_LOCK:
        backend: Any = ec2_backends[ACCOUNT_ID][region]
        return backend.get_instance_by_id(instance_id)


def check_launch(backend: Any, instance_type: str, specs: Sequence[dict[str, Any]], count: int) -> None:
    """Refuse a launch that EC2 would refuse.

    Args:
        backend: Backend of the region.
        instance_type: Type of the instances.
        specs: Interfaces, as RunInstances takes them.
        count: How many instances shall have such interfaces (> 0).

    Raises:
        EC2ClientError: what cannot be had.

    Source: getmoto/moto issue 1695 (type); EC2 error codes page, AttachmentLimitExceeded; EC2 API reference,
    InstanceNetworkInterfaceSpecification. The codes for device indices and for what an existing interface
    cannot be given are the lab's own choice.
    """
    limits = limits_of(instance_type)
    if limits is None:
        raise ec2_error("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")
    _check_device_indices(specs)
    check_interface_count(len(specs), instance_type)
    for spec in specs:
        if spec.get("NetworkInterfaceId"):
            _check_existing(backend, spec, count)
        else:
            _check_new(backend, spec)
        check_address_count(_address_count(spec), limits)
    _check_zone(backend, specs)


def check_interface_count(count: int, instance_type: str) -> None:
    """Refuse more interfaces than an instance type has.

    Source: EC2 error codes page, AttachmentLimitExceeded; aws/amazon-vpc-resource-controller-k8s
    pkg/aws/vpc/limits.go (counts).
    """
    limits = limits_of(instance_type)
    if limits is not None and count > limits.interfaces:
        problem = f"Interface count {count} exceeds the limit for {instance_type}"
        raise ec2_error("AttachmentLimitExceeded", problem)


def check_address_count(count: int, limits: InstanceLimits | None) -> None:
    """Refuse more private addresses than one interface of an instance type has.

    Source: aws/amazon-vpc-cni-k8s issue 989.
    """
    if limits is not None and count > limits.ipv4_per_interface:
        raise ec2_error("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.")


def check_free(interface: Any) -> None:
    """Refuse an interface that something else uses.

    Source: hashicorp/terraform-provider-aws issue 27513.
    """
    if interface.status != "available":
        raise ec2_error("InvalidNetworkInterface.InUse", f"Interface: [{interface.id}] in use.")


def _check_device_indices(specs: Sequence[dict[str, Any]]) -> None:
    if any(spec.get("DeviceIndex") is None for spec in specs):
        raise ec2_error("MissingParameter", "Each network interface requires a device index.")
    indices = [int(spec["DeviceIndex"]) for spec in specs]
    if len(set(indices)) < len(indices):
        raise ec2_error("InvalidParameterValue", "Each network interface requires a unique device index.")
    if 0 not in indices:
        problem = "The request names no primary network interface: none has the device index 0."
        raise ec2_error("InvalidParameterCombination", problem)


def _check_existing(backend: Any, spec: dict[str, Any], count: int) -> None:
    interface_id = spec["NetworkInterfaceId"]
    interface = backend.get_network_interface(interface_id)
    check_free(interface)
    given = [name for name in _ONLY_FOR_NEW if spec.get(name)]
    if given or count > 1:
        what = f"the parameter {given[0]}" if given else "more than one instance"
        problem = f"An existing network interface cannot be used with {what}."
        raise ec2_error("InvalidParameterCombination", problem)


def _check_new(backend: Any, spec: dict[str, Any]) -> None:
    if spec.get("InterfaceType") not in _LAUNCH_TYPES:
        problem = f"Value ({spec['InterfaceType']}) for parameter InterfaceType is invalid."
        raise ec2_error("InvalidParameterValue", problem)
    subnet = backend.get_subnet(spec["SubnetId"])
    backend.check_interface_groups(subnet.vpc_id, spec.get("Groups") or [])
    if subnet.pool is not None:
        listed = [entry.get("PrivateIpAddress") for entry in spec.get("PrivateIpAddresses") or []]
        for address in filter(None, [spec.get("PrivateIpAddress"), *listed]):
            subnet.pool.check(address)


def _check_zone(backend: Any, specs: Sequence[dict[str, Any]]) -> None:
    zones = {_subnet(backend, spec).availability_zone for spec in specs}
    if len(zones) > 1:
        problem = "Network interfaces of one instance must be in the same availability zone."
        raise ec2_error("InvalidParameterCombination", problem)


def _subnet(backend: Any, spec: dict[str, Any]) -> Any:
    if interface_id := spec.get("NetworkInterfaceId"):
        return backend.enis[interface_id].subnet
    return backend.get_subnet(spec["SubnetId"])


def _address_count(spec: dict[str, Any]) -> int:
    listed = {entry.get("PrivateIpAddress") for entry in spec.get("PrivateIpAddresses") or []}
    listed.add(spec.get("PrivateIpAddress"))
    return max(1, len(listed - {None})) + int(spec.get("SecondaryPrivateIpAddressCount") or 0)
