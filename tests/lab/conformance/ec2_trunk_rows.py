"""Trunk and branch interfaces."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from .row import Clients, Row, eventually, refused
from .scene import Scene

_TYPE = "m5.large"
_BRANCH_COUNT = 9
_ZONE = "us-west-2a"


class Trunk(Scene):
    """A VPC with an instance, and a trunk attached to it."""

    instance_type = _TYPE

    @cached_property
    def subnet_id(self) -> str:
        return self.subnet()

    @cached_property
    def instance_id(self) -> str:
        image_id = self.ec2.describe_images()["Images"][0]["ImageId"]
        made = self.ec2.run_instances(
            ImageId=image_id,
            MinCount=1,
            MaxCount=1,
            InstanceType=self.instance_type,
            SubnetId=self.subnet_id,
        )
        instance_id = str(made["Instances"][0]["InstanceId"])
        eventually(lambda: self._instance(instance_id)["State"]["Name"], "running")
        return instance_id

    def _instance(self, instance_id: str) -> Any:
        return self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]

    @cached_property
    def loose_trunk_id(self) -> str:
        return self.interface(self.subnet_id, InterfaceType="trunk")

    @cached_property
    def attachment_id(self) -> str:
        answer = self.ec2.attach_network_interface(
            NetworkInterfaceId=self.loose_trunk_id, InstanceId=self.instance_id, DeviceIndex=2
        )
        return str(answer["AttachmentId"])

    @cached_property
    def trunk_id(self) -> str:
        assert self.attachment_id
        return self.loose_trunk_id

    def branch(self, vlan_id: int) -> tuple[str, str]:
        """Return the ids of a branch and of its association."""
        branch_id = self.interface(self.subnet_id)
        return branch_id, self.associate(branch_id, VlanId=vlan_id)["AssociationId"]

    def associate(self, branch_id: str, **more: Any) -> Any:
        trunk_id = more.pop("TrunkInterfaceId", None) or self.trunk_id
        request = {"BranchInterfaceId": branch_id, "TrunkInterfaceId": trunk_id, **more}
        return self.ec2.associate_trunk_interface(**request)["InterfaceAssociation"]

    def shown(self, interface_id: str) -> tuple[str, str, bool]:
        """Return type and status of an interface, and whether it shows an attachment."""
        found = self.describe_interface(interface_id)
        return found["InterfaceType"], found["Status"], "Attachment" in found

    def associations(self) -> list[str]:
        """Return the ids of the trunk's associations."""
        pages = self.ec2.get_paginator("describe_trunk_interface_associations").paginate()
        found = [item for page in pages for item in page["InterfaceAssociations"]]
        return [item["AssociationId"] for item in found if item["TrunkInterfaceId"] == self.trunk_id]


class _SmallNode(Trunk):
    instance_type = "t3.medium"


def branch_on_trunk(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id, association_id = scene.branch(7)
    assert association_id.startswith("trunk-assoc-")
    assert scene.shown(branch_id) == ("branch", "in-use", False)
    assert scene.shown(scene.trunk_id) == ("trunk", "in-use", True)
    found = clients.ec2.describe_trunk_interface_associations(AssociationIds=[association_id])
    assert found["InterfaceAssociations"] == [
        {
            "AssociationId": association_id,
            "BranchInterfaceId": branch_id,
            "TrunkInterfaceId": scene.trunk_id,
            "InterfaceProtocol": "VLAN",
            "VlanId": 7,
            "Tags": [],
        }
    ]


def associated_branch_deleted(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id, association_id = scene.branch(1)
    clients.ec2.delete_network_interface(NetworkInterfaceId=branch_id)
    with refused("InvalidNetworkInterfaceID.NotFound"):
        scene.describe_interface(branch_id)
    with refused("InvalidAssociationID.NotFound"):
        clients.ec2.disassociate_trunk_interface(AssociationId=association_id)
    scene.branch(1)


def disassociation(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id, association_id = scene.branch(1)
    assert clients.ec2.disassociate_trunk_interface(AssociationId=association_id)["Return"]
    assert scene.shown(branch_id) == ("interface", "available", False)
    assert scene.associations() == []
    with refused("InvalidAssociationID.NotFound"):
        clients.ec2.disassociate_trunk_interface(AssociationId=association_id)
    scene.associate(branch_id, VlanId=1)


def token_of_association(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id, token = scene.interface(scene.subnet_id), str(uuid.uuid4())
    first = scene.associate(branch_id, VlanId=1, ClientToken=token)
    assert scene.associate(branch_id, VlanId=1, ClientToken=token) == first
    with refused("IdempotentParameterMismatch"):
        scene.associate(branch_id, VlanId=2, ClientToken=token)
    assert len(scene.associations()) == 1


def vlan_is_free(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id = scene.interface(scene.subnet_id)
    for vlan_id in (0, 4095):
        with refused("InvalidParameterValue"):
            scene.associate(branch_id, VlanId=vlan_id)
    with refused("MissingParameter"):
        scene.associate(branch_id)
    with refused("InvalidParameterCombination"):
        scene.associate(branch_id, VlanId=1, GreKey=1)
    scene.branch(4094)
    with refused("InvalidParameterValue"):
        scene.associate(branch_id, VlanId=4094)
    scene.associate(branch_id, VlanId=1)


def gre_key(clients: Clients) -> None:
    scene = Trunk(clients)
    made = scene.associate(scene.interface(scene.subnet_id), GreKey=11)
    scene.branch(1)
    assert (made["InterfaceProtocol"], made["GreKey"], "VlanId" in made) == ("GRE", 11, False)
    filters = [{"Name": "interface-protocol", "Values": ["GRE"]}, {"Name": "gre-key", "Values": ["11"]}]
    found = clients.ec2.describe_trunk_interface_associations(Filters=filters)["InterfaceAssociations"]
    assert made["AssociationId"] in [item["AssociationId"] for item in found]
    assert {item["InterfaceProtocol"] for item in found} == {"GRE"}


def branch_is_free(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id, _ = scene.branch(1)
    text = f"Interface: [{branch_id}] in use."
    with refused("InvalidNetworkInterface.InUse", text):
        scene.associate(branch_id, VlanId=2)
    with refused("InvalidNetworkInterface.InUse", text):
        clients.ec2.attach_network_interface(
            NetworkInterfaceId=branch_id, InstanceId=scene.instance_id, DeviceIndex=1
        )
    with refused("InvalidParameterValue"):
        scene.associate(scene.interface(scene.subnet_id, InterfaceType="trunk"), VlanId=2)


def branch_in_the_zone(clients: Clients) -> None:
    scene, other = Trunk(clients), Trunk(clients)
    away = scene.subnet("10.0.2.0/24", "us-west-2b")
    near = scene.subnet("10.0.3.0/24", _ZONE)
    with refused("InvalidParameterValue"):
        scene.associate(scene.interface(away), VlanId=1)
    with refused("InvalidParameterValue"):
        scene.associate(other.interface(other.subnet_id), VlanId=1)
    scene.associate(scene.interface(near), VlanId=1)


def trunk_is_a_trunk(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id = scene.interface(scene.subnet_id)
    plain = scene.interface(scene.subnet_id)
    clients.ec2.attach_network_interface(
        NetworkInterfaceId=plain, InstanceId=scene.instance_id, DeviceIndex=1
    )
    with refused("InvalidParameterValue"):
        scene.associate(branch_id, TrunkInterfaceId=plain, VlanId=1)
    with refused("IncorrectState"):
        scene.associate(branch_id, TrunkInterfaceId=scene.loose_trunk_id, VlanId=1)
    missing = "eni-0123456789abcdef0"
    for request in ({"TrunkInterfaceId": missing}, {"BranchInterfaceId": missing}):
        with refused("InvalidNetworkInterfaceID.NotFound"):
            scene.associate(branch_id, **request, VlanId=1)


def unfit_type(clients: Clients) -> None:
    scene = _SmallNode(clients)
    with refused("UnsupportedOperation"):
        scene.branch(1)


def branches_are_counted(clients: Clients) -> None:
    scene = Trunk(clients)
    first, *_ = [scene.branch(number) for number in range(1, _BRANCH_COUNT + 1)]
    with refused("AttachmentLimitExceeded"):
        scene.branch(100)
    clients.ec2.delete_network_interface(NetworkInterfaceId=first[0])
    scene.branch(100)


def dry_run(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id = scene.interface(scene.subnet_id)
    with refused("DryRunOperation"):
        scene.associate(branch_id, VlanId=1, DryRun=True)
    _, association_id = scene.branch(1)
    with refused("DryRunOperation"):
        clients.ec2.disassociate_trunk_interface(AssociationId=association_id, DryRun=True)
    assert scene.associations() == [association_id]


def trunk_with_branches_stays(clients: Clients) -> None:
    scene = Trunk(clients)
    _, association_id = scene.branch(1)
    with refused("OperationNotPermitted"):
        clients.ec2.detach_network_interface(AttachmentId=scene.attachment_id)
    with refused("InvalidParameterValue"):
        clients.ec2.delete_network_interface(NetworkInterfaceId=scene.trunk_id)
    clients.ec2.disassociate_trunk_interface(AssociationId=association_id)
    clients.ec2.detach_network_interface(AttachmentId=scene.attachment_id)
    eventually(lambda: scene.shown(scene.trunk_id)[1], "available")
    clients.ec2.delete_network_interface(NetworkInterfaceId=scene.trunk_id)


def branches_outlive_the_instance(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id, _ = scene.branch(1)
    clients.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=scene.trunk_id,
        Attachment={"AttachmentId": scene.attachment_id, "DeleteOnTermination": True},
    )
    clients.ec2.terminate_instances(InstanceIds=[scene.instance_id])
    eventually(lambda: scene.shown(branch_id), ("interface", "available", False))
    with refused("InvalidNetworkInterfaceID.NotFound"):
        scene.describe_interface(scene.trunk_id)
    assert scene.associations() == []


def trunk_outlives_the_instance(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id, _ = scene.branch(1)
    clients.ec2.terminate_instances(InstanceIds=[scene.instance_id])
    eventually(lambda: scene.shown(scene.trunk_id), ("trunk", "available", False))
    assert scene.shown(branch_id) == ("interface", "available", False)
    assert scene.associations() == []


def associations_in_pages(clients: Clients) -> None:
    scene = Trunk(clients)
    made = {scene.branch(number)[1] for number in range(1, 8)}
    call = clients.ec2.get_paginator("describe_trunk_interface_associations")
    pages = [
        [item["AssociationId"] for item in page["InterfaceAssociations"]]
        for page in call.paginate(PaginationConfig={"PageSize": 5})
    ]
    found = [each for page in pages for each in page]
    assert len(pages) > 1
    assert max(map(len, pages)) <= 5
    assert made <= set(found)
    assert len(found) == len(set(found))


_REFERENCE = "EC2 API reference, "
_ASSOCIATE = _REFERENCE + "AssociateTrunkInterface"
_OWN = " (the lab's own choice of code)"
_CONTROLLER = "aws/amazon-vpc-resource-controller-k8s "

ROWS = [
    Row(
        "ec2-trunk-associate",
        "a branch on a trunk reads branch, in-use, without an attachment",
        _ASSOCIATE + "; published output of describe-network-interfaces for an aws-k8s-branch-eni",
        branch_on_trunk,
    ),
    Row(
        "ec2-trunk-branch-deleted",
        "a branch on a trunk can be deleted, its association goes",
        _CONTROLLER + "pull request 372",
        associated_branch_deleted,
    ),
    Row(
        "ec2-trunk-disassociate",
        "a branch taken from its trunk is free; that its type is again what it was is the lab's own choice",
        _REFERENCE + "DisassociateTrunkInterface; " + _CONTROLLER + "pkg/aws/errors",
        disassociation,
    ),
    Row(
        "ec2-trunk-token",
        "one token makes one association",
        _ASSOCIATE + " (ClientToken), ensuring idempotency",
        token_of_association,
    ),
    Row(
        "ec2-trunk-vlan",
        "a VLAN id is 1 to 4094 and used once" + _OWN,
        _ASSOCIATE + " (VlanId, GreKey)",
        vlan_is_free,
    ),
    Row(
        "ec2-trunk-gre",
        "a GRE key can stand for a VLAN id",
        _REFERENCE + "TrunkInterfaceAssociation, DescribeTrunkInterfaceAssociations (filters)",
        gre_key,
    ),
    Row(
        "ec2-trunk-branch-free",
        "a branch hangs on one trunk and on no instance",
        "EC2 API reference, error codes, InvalidNetworkInterface.InUse" + _OWN,
        branch_is_free,
    ),
    Row(
        "ec2-trunk-zone",
        "a branch is in zone and VPC of its trunk, in any subnet" + _OWN,
        _CONTROLLER + "docs, custom networking; VPC CNI README, ENIConfig per zone",
        branch_in_the_zone,
    ),
    Row(
        "ec2-trunk-attached",
        "a trunk is of type trunk and attached" + _OWN,
        _ASSOCIATE + " (TrunkInterfaceId)",
        trunk_is_a_trunk,
    ),
    Row(
        "ec2-trunk-type-unfit",
        "a t3 instance carries no branches" + _OWN,
        _CONTROLLER + "pkg/aws/vpc/limits.go",
        unfit_type,
    ),
    Row(
        "ec2-trunk-limit",
        "m5.large carries nine branches" + _OWN,
        _CONTROLLER + "pkg/aws/vpc/limits.go",
        branches_are_counted,
    ),
    Row("ec2-trunk-dry-run", "a dry run changes nothing", _ASSOCIATE + " (DryRun)", dry_run),
    Row(
        "ec2-trunk-stays",
        "a trunk with branches can be neither detached nor deleted" + _OWN,
        "EC2 API reference, DeleteNetworkInterface",
        trunk_with_branches_stays,
    ),
    Row(
        "ec2-trunk-leak",
        "branches outlive instance and trunk, free and without an owner",
        _CONTROLLER + "pull requests 372, 400",
        branches_outlive_the_instance,
    ),
    Row(
        "ec2-trunk-kept",
        "a trunk without DeleteOnTermination outlives its instance, but holds no branches then",
        _CONTROLLER + "pull request 372; EC2 API reference, NetworkInterfaceAttachment",
        trunk_outlives_the_instance,
    ),
    Row(
        "ec2-trunk-pages",
        "associations come in pages",
        _REFERENCE + "DescribeTrunkInterfaceAssociations (MaxResults)",
        associations_in_pages,
    ),
]
