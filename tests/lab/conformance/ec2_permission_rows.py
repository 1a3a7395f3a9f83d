"""Permissions of network interfaces."""

from __future__ import annotations

from typing import Any

from .row import Clients, Row, eventually, refused
from .scene import Scene

_ACCOUNT = "210987654321"
_MISSING = "eni-perm-0123456789abcdef0"


def _permit(clients: Clients, interface_id: str, **more: Any) -> Any:
    request = {"NetworkInterfaceId": interface_id, "Permission": "INSTANCE-ATTACH", **more}
    return clients.ec2.create_network_interface_permission(**request)["InterfacePermission"]


def _state(clients: Clients, permission_id: str) -> str:
    found = clients.ec2.describe_network_interface_permissions(NetworkInterfacePermissionIds=[permission_id])
    return str(found["NetworkInterfacePermissions"][0]["PermissionState"]["State"])


def permission_is_granted(clients: Clients) -> None:
    scene = Scene(clients)
    interface_id = scene.interface(scene.subnet())
    made = _permit(clients, interface_id, AwsAccountId=_ACCOUNT)
    permission_id = made["NetworkInterfacePermissionId"]
    assert permission_id.startswith("eni-perm-")
    assert made == {
        "NetworkInterfacePermissionId": permission_id,
        "NetworkInterfaceId": interface_id,
        "AwsAccountId": _ACCOUNT,
        "Permission": "INSTANCE-ATTACH",
        "PermissionState": {"State": "pending"},
    }
    eventually(lambda: _state(clients, permission_id), "granted")


def permission_for_a_service(clients: Clients) -> None:
    scene = Scene(clients)
    interface_id = scene.interface(scene.subnet())
    made = _permit(clients, interface_id, AwsService="rds.amazonaws.com", Permission="EIP-ASSOCIATE")
    assert (made["AwsService"], made["Permission"]) == ("rds.amazonaws.com", "EIP-ASSOCIATE")
    with refused("MissingParameter"):
        _permit(clients, interface_id)
    with refused("InvalidParameterCombination"):
        _permit(clients, interface_id, AwsService="rds.amazonaws.com", AwsAccountId=_ACCOUNT)
    with refused("InvalidParameterValue"):
        _permit(clients, interface_id, AwsAccountId=_ACCOUNT, Permission="ATTACH")
    with refused("InvalidNetworkInterfaceID.NotFound"):
        _permit(clients, "eni-0123456789abcdef0", AwsAccountId=_ACCOUNT)


def permissions_are_found(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    made = [
        _permit(clients, scene.interface(subnet_id), AwsAccountId=_ACCOUNT)["NetworkInterfaceId"]
        for _ in range(6)
    ]
    prefix = "network-interface-permission."
    by_interface = {"Name": f"{prefix}network-interface-id", "Values": made}
    by_account = {"Name": f"{prefix}aws-account-id", "Values": [_ACCOUNT]}
    call = clients.ec2.get_paginator("describe_network_interface_permissions")
    pages = list(call.paginate(Filters=[by_interface, by_account], PaginationConfig={"PageSize": 5}))
    assert [len(page["NetworkInterfacePermissions"]) for page in pages] == [5, 1]
    by_account["Values"] = ["111122223333"]
    found = clients.ec2.describe_network_interface_permissions(Filters=[by_interface, by_account])
    assert found["NetworkInterfacePermissions"] == []
    with refused("InvalidNetworkInterfacePermissionID.NotFound"):
        _state(clients, _MISSING)


def permission_is_deleted(clients: Clients) -> None:
    scene = Scene(clients)
    interface_id = scene.interface(scene.subnet())
    permission_id = _permit(clients, interface_id, AwsAccountId=_ACCOUNT)["NetworkInterfacePermissionId"]
    request = {"NetworkInterfacePermissionId": permission_id}
    with refused("DryRunOperation"):
        clients.ec2.delete_network_interface_permission(**request, DryRun=True)
    assert clients.ec2.delete_network_interface_permission(**request)["Return"]
    with refused("InvalidNetworkInterfacePermissionID.NotFound"):
        clients.ec2.delete_network_interface_permission(**request)


def permission_goes_with_interface(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    interface_id, other_id = scene.interface(subnet_id), scene.interface(subnet_id)
    _permit(clients, other_id, AwsAccountId=_ACCOUNT)
    permission_id = _permit(clients, interface_id, AwsAccountId=_ACCOUNT)["NetworkInterfacePermissionId"]
    clients.ec2.delete_network_interface(NetworkInterfaceId=interface_id)
    with refused("InvalidNetworkInterfacePermissionID.NotFound"):
        _state(clients, permission_id)


def permission_in_use(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    image_id = clients.ec2.describe_images()["Images"][0]["ImageId"]
    made = clients.ec2.run_instances(
        ImageId=image_id, MinCount=1, MaxCount=1, InstanceType="m5.large", SubnetId=subnet_id
    )
    interface = made["Instances"][0]["NetworkInterfaces"][0]
    permitted = _permit(clients, interface["NetworkInterfaceId"], AwsAccountId=interface["OwnerId"])
    request = {"NetworkInterfacePermissionId": permitted["NetworkInterfacePermissionId"]}
    with refused("OperationNotPermitted"):
        clients.ec2.delete_network_interface_permission(**request)
    assert clients.ec2.delete_network_interface_permission(**request, Force=True)["Return"]


_REFERENCE = "EC2 API reference, "
_OWN = " (the lab's own choice of code)"

ROWS = [
    Row(
        "ec2-permission-granted",
        "a permission is pending, then granted",
        _REFERENCE + "CreateNetworkInterfacePermission, NetworkInterfacePermissionState",
        permission_is_granted,
    ),
    Row(
        "ec2-permission-holder",
        "a permission is for one account or one service" + _OWN,
        _REFERENCE + "CreateNetworkInterfacePermission",
        permission_for_a_service,
    ),
    Row(
        "ec2-permission-found",
        "permissions are found by filters, in pages; the code for an unknown id is the lab's own choice",
        _REFERENCE + "DescribeNetworkInterfacePermissions",
        permissions_are_found,
    ),
    Row(
        "ec2-permission-deleted",
        "a permission can be deleted once" + _OWN,
        _REFERENCE + "DeleteNetworkInterfacePermission",
        permission_is_deleted,
    ),
    Row(
        "ec2-permission-gone",
        "a permission goes with its interface",
        _REFERENCE + "DeleteNetworkInterface",
        permission_goes_with_interface,
    ),
    Row(
        "ec2-permission-in-use",
        "the permission of an account that has attached the interface goes by force only" + _OWN,
        _REFERENCE + "DeleteNetworkInterfacePermission (Force)",
        permission_in_use,
    ),
]
