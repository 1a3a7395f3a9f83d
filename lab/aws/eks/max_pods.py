"""How many pods a node takes: what the user data says, else what EKS computes.

Source: EKS user guide, "Customize managed nodes with launch templates" (user data) and "Choose an optimal
Amazon EC2 node instance type" (maximum pods); awslabs/amazon-eks-ami, nodeadm API `node.eks.aws/v1alpha1`.
"""

from __future__ import annotations

import base64
from email import message_from_bytes
from typing import Any

import yaml
from moto.ec2.models.instance_types import INSTANCE_TYPES

from lab.aws.ec2.limits import limits_of

HOST_NETWORK_PODS = 2
MANY_VCPUS = 30
MAXIMUM_PODS = 110
MAXIMUM_PODS_OF_MANY_VCPUS = 250
_FLAG = "--max-pods"
_KIND = "application/node.eks.aws"


class UserDataError(Exception):
    """EKS cannot merge its own settings into this user data."""


def max_pods(user_data: str | None, instance_type: str, *, own_image: bool) -> int:
    """Return how many pods the kubelet takes.

    Args:
        user_data: User data of the launch template, as base64; None or empty if it has none.
        instance_type: Type of the instance.
        own_image: The launch template names an image, so EKS adds nothing of its own.

    Raises:
        UserDataError: The user data is no MIME multipart archive although EKS has to add to it.
    """
    wanted = [each for part in _configurations(user_data, own_image=own_image) for each in _wanted(part)]
    return wanted[-1] if wanted else _computed(instance_type)


def _computed(instance_type: str) -> int:
    limits = limits_of(instance_type)
    processors: int = INSTANCE_TYPES.get(instance_type, {}).get("VCpuInfo", {}).get("DefaultVCpus", 0)
    most = MAXIMUM_PODS_OF_MANY_VCPUS if processors > MANY_VCPUS else MAXIMUM_PODS
    if limits is None:
        return most
    return min(limits.interfaces * (limits.ipv4_per_interface - 1) + HOST_NETWORK_PODS, most)


def _configurations(user_data: str | None, *, own_image: bool) -> list[dict[str, Any]]:
    if not user_data:
        return []
    content = base64.b64decode(user_data)
    message = message_from_bytes(content)
    if message.is_multipart():
        texts = [part.get_payload(decode=True) for part in message.walk() if part.get_content_type() == _KIND]
    elif own_image:
        texts = [content]
    else:
        raise UserDataError("User data was not in the MIME multipart format.")
    return [found for text in texts if isinstance(found := _read(text), dict)]


def _read(text: Any) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _wanted(configuration: dict[str, Any]) -> list[int]:
    """Return the numbers of one NodeConfig, the flag last: it wins over the file."""
    if configuration.get("kind") != "NodeConfig":
        return []
    kubelet = (configuration.get("spec") or {}).get("kubelet") or {}
    number = (kubelet.get("config") or {}).get("maxPods")
    texts = [] if number is None else [str(number)]
    texts += [each.partition("=")[2] for each in kubelet.get("flags") or () if each.startswith(f"{_FLAG}=")]
    return [int(each) for each in texts if each.isdigit()]
