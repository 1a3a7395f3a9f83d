"""EC2 calls of aws-node: find, create and attach a node's ENIs, add addresses to them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lab.nodes.datastore import Interface

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_ec2.type_defs import NetworkInterfaceTypeDef, TagTypeDef

_DESCRIPTION = "aws-K8S-"
_INSTANCE_TAG = "node.k8s.amazonaws.com/instance_id"


@dataclass(frozen=True)
class Placement:
    """Say where a new ENI belongs.

    Attributes:
        device_index: Its place on the instance.
        cluster_name: With it, the ENI carries the cluster's name and its owner as tags.
    """

    instance_id: str
    subnet_id: str
    group_ids: tuple[str, ...]
    device_index: int
    cluster_name: str = ""


class Interfaces:
    """Make aws-node's EC2 calls; threads may share it."""

    def __init__(self, ec2: EC2Client) -> None:
        self._ec2 = ec2

    def of(self, instance_id: str) -> tuple[Interface, ...]:
        """Return the ENIs on the default network card of an instance, by place.

        Raises:
            botocore.exceptions.ClientError: EC2 refused.
        """
        wanted = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
        found = self._ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]  # type: ignore[arg-type]
        on_card = [each for each in found if not each["Attachment"].get("NetworkCardIndex")]
        return tuple(sorted(map(_read, on_card), key=lambda each: each.device_index))

    def assign(self, interface_id: str, count: int) -> None:
        """Add secondary addresses to an ENI.

        Raises:
            botocore.exceptions.ClientError: EC2 refused, for example because the subnet is full.

        Source: aws/amazon-vpc-cni-k8s `pkg/awsutils/awsutils.go` (AllocIPAddresses).
        """
        self._ec2.assign_private_ip_addresses(
            NetworkInterfaceId=interface_id, SecondaryPrivateIpAddressCount=count
        )

    def add(self, placement: Placement, count: int) -> None:
        """Create an ENI with so many secondary addresses and attach it; it goes with the instance.

        An ENI of this instance that was created and never attached, because the agent ended in between, is
        taken instead of a new one. An ENI that cannot be attached is deleted again.

        Raises:
            botocore.exceptions.ClientError: EC2 refused.

        Source: aws/amazon-vpc-cni-k8s `pkg/awsutils/awsutils.go` (AllocENI, createENI, attachENI,
            buildENITags).
        """
        interface_id = self._left_over(placement) or self._create(placement, count)
        try:
            attachment_id = self._ec2.attach_network_interface(
                DeviceIndex=placement.device_index,
                InstanceId=placement.instance_id,
                NetworkInterfaceId=interface_id,
                NetworkCardIndex=0,
            )["AttachmentId"]
        except ClientError:
            self._ec2.delete_network_interface(NetworkInterfaceId=interface_id)
            raise
        self._ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface_id,
            Attachment={"AttachmentId": attachment_id, "DeleteOnTermination": True},
        )

    def _create(self, placement: Placement, count: int) -> str:
        made = self._ec2.create_network_interface(
            Description=_DESCRIPTION + placement.instance_id,
            SubnetId=placement.subnet_id,
            Groups=placement.group_ids,
            SecondaryPrivateIpAddressCount=count,
            TagSpecifications=[{"ResourceType": "network-interface", "Tags": _tags(placement)}],
        )
        return made["NetworkInterface"]["NetworkInterfaceId"]

    def _left_over(self, placement: Placement) -> str | None:
        wanted = {
            "description": _DESCRIPTION + placement.instance_id,
            "status": "available",
            "subnet-id": placement.subnet_id,
        }
        filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
        found = self._ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]  # type: ignore[arg-type]
        usable = [each for each in found if _groups(each) == sorted(placement.group_ids)]
        return usable[0]["NetworkInterfaceId"] if usable else None


def _tags(placement: Placement) -> Sequence[TagTypeDef]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    tags = {_INSTANCE_TAG: placement.instance_id, "node.k8s.amazonaws.com/createdAt": now}
    if placement.cluster_name:
        tags["cluster.k8s.amazonaws.com/name"] = placement.cluster_name
        tags["eks:eni:owner"] = "amazon-vpc-cni"
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _groups(found: NetworkInterfaceTypeDef) -> list[str]:
    return sorted(group["GroupId"] for group in found["Groups"])


def _read(found: NetworkInterfaceTypeDef) -> Interface:
    return Interface(
        interface_id=found["NetworkInterfaceId"],
        device_index=found["Attachment"]["DeviceIndex"],
        trunk=found.get("InterfaceType") == "trunk",
        addresses=tuple(
            each["PrivateIpAddress"] for each in found["PrivateIpAddresses"] if not each.get("Primary")
        ),
        subnet_id=found["SubnetId"],
        group_ids=tuple(_groups(found)),
    )
