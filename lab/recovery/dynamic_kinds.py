"""Kinds of AWS objects that dynamic resources of podsg make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lab.recovery.account import Account, Found, lab_command, pairs
from podsg.lifecycle.tokens import NAME_TAG

START: Final = "pulumi-python:dynamic/podsg:"
"""Source: PyPI `pulumi`, `dynamic.Resource.__init_subclass__` (module and name of the class)."""
BRANCH_ENI: Final = f"{START}BranchEni"

NOTHING_IN_AWS: Final = {
    f"{START}{gate}": "it is nothing in AWS, and the next up records it again"
    for gate in ("DrainGate", "SweepGate", "WorkloadGate")
}


def branch_enis(account: Account) -> Iterator[Found]:
    """Return the owner's explicit branch ENIs; deleting one takes it from its trunk, too.

    Source: aws/amazon-vpc-resource-controller-k8s pull request 372 (an associated branch can be deleted).
    """
    for item in account.all("ec2", "describe_network_interfaces", "NetworkInterfaces"):
        tags = pairs(item.get("TagSet"))
        if account.owns(tags) and NAME_TAG in tags:
            interface_id = item["NetworkInterfaceId"]
            command = "aws ec2 delete-network-interface --network-interface-id"
            yield Found(interface_id, tags[NAME_TAG], lab_command(command, interface_id))
