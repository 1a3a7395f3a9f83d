"""Instances that AWS services of the lab start for themselves."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import moto.ec2.models
import pytest
from moto.ec2.exceptions import EC2ClientError

from lab.aws.ec2 import install
from lab.aws.ec2.launching import instance_of, launch_instance, terminate_instances
from lab.aws.ec2.limits import InstanceLimits, limits_of
from lab.aws.lock import BACKEND_LOCK
from lab.aws.server import ACCOUNT_ID, REGION

from .conformance.row import eventually

_UNKNOWN = "i-0123456789abcdef0"


@pytest.fixture
def backend() -> Iterator[Any]:
    install()
    yield moto.ec2.models.ec2_backends[ACCOUNT_ID][REGION]
    moto.ec2.models.ec2_backends.clear()


@pytest.fixture
def subnet(backend: Any) -> Any:
    vpc = backend.create_vpc("10.0.0.0/16")
    return backend.create_subnet(vpc.id, "10.0.1.0/24", availability_zone=f"{REGION}a")


@pytest.fixture
def group_id(backend: Any, subnet: Any) -> str:
    return str(backend.create_security_group("nodes", "nodes", vpc_id=subnet.vpc_id).id)


def _launch(subnet: Any, *group_ids: str, **more: Any) -> str:
    request = {
        "instance_type": "m5.large",
        "subnet_id": subnet.id,
        "group_ids": list(group_ids),
        "tags": {"Name": "node"},
        "interface_tags": {"cluster": "lab"},
        "user_data": None,
        "image_id": "ami-0123456789abcdef0",
        "role_arn": "arn:aws:iam::123456789012:role/node",
    }
    return launch_instance(REGION, **(request | more))


def _state(instance_id: str) -> str:
    with BACKEND_LOCK:
        return str(instance_of(REGION, instance_id).state)


def test_instance_is_started(backend: Any, subnet: Any, group_id: str) -> None:
    instance_id = _launch(subnet, group_id, user_data=base64.b64encode(b"node").decode())
    instance = instance_of(REGION, instance_id)
    assert instance.state == "pending"
    eventually(lambda: _state(instance_id), "running")
    (interface,) = backend.interfaces_in(subnet.id)
    name = interface.private_ip_address.replace(".", "-")
    assert (instance.id, instance.subnet_id) == (instance_id, subnet.id)
    assert (instance.private_ip, instance.instance_type) == (interface.private_ip_address, "m5.large")
    assert instance.private_dns_name == f"ip-{name}.{REGION}.compute.internal"
    assert instance.availability_zone == f"{REGION}a"
    assert instance.user_data.decode() == "node"
    assert instance.role_arn.endswith("role/node")
    assert [group.id for group in interface.group_set] == [group_id]
    assert (interface.delete_on_termination, interface.attachment.device_index) == (True, 0)
    assert interface.get_tags() == [
        {"key": "cluster", "value": "lab", "resource_id": interface.id, "resource_type": "network-interface"}
    ]
    assert {tag["key"]: tag["value"] for tag in instance.get_tags()} == {"Name": "node"}


def test_instance_ends_with_its_interface(backend: Any, subnet: Any, group_id: str) -> None:
    instance_id = _launch(subnet, group_id)
    terminate_instances(REGION, [instance_id])
    assert _state(instance_id) == "shutting-down"
    assert len(backend.interfaces_in(subnet.id)) == 1
    eventually(lambda: _state(instance_id), "terminated")
    assert backend.interfaces_in(subnet.id) == []
    ended = instance_of(REGION, instance_id)
    assert (ended.private_ip, ended.private_dns_name, ended.subnet_id) == (None, "", None)
    terminate_instances(REGION, [instance_id])
    assert _state(instance_id) == "terminated"


def test_trunk_that_goes_leaves_its_branches(backend: Any, subnet: Any, group_id: str) -> None:
    instance_id = _launch(subnet, group_id)
    trunk, branch = (backend.create_network_interface(subnet, None) for _ in range(2))
    backend.attach_network_interface(trunk.id, instance_id, 1)
    trunk.delete_on_termination = True
    backend.trunks.associate(trunk, branch, 1, None)
    terminate_instances(REGION, [instance_id])
    eventually(lambda: _state(instance_id), "terminated")
    assert (branch.status, branch.interface_type) == ("available", "interface")
    assert backend.interfaces_in(subnet.id) == [branch]
    assert backend.trunks.all() == []


def test_refused_launch_leaves_nothing(backend: Any, subnet: Any, group_id: str) -> None:
    for code, more in (
        ("InvalidParameterValue", {"instance_type": "m5.tiny"}),
        ("InvalidSubnetID.NotFound", {"subnet_id": "subnet-0123456789abcdef0"}),
        ("InvalidSecurityGroupID.NotFound", {"group_ids": ["sg-0123456789abcdef0"]}),
    ):
        with pytest.raises(EC2ClientError) as refused:
            _launch(subnet, group_id, **more)
        assert refused.value.code == code
    assert (list(backend.reservations), backend.interfaces_in(subnet.id)) == ([], [])


def test_launch_that_breaks_off_is_undone(backend: Any, subnet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError("no volume")

    monkeypatch.setattr(backend, "create_volume", fail)
    with pytest.raises(RuntimeError, match="no volume"):
        _launch(subnet)
    assert (list(backend.reservations), backend.interfaces_in(subnet.id)) == ([], [])


def test_unknown_instance(backend: Any) -> None:
    assert instance_of(REGION, _UNKNOWN) is None
    with pytest.raises(EC2ClientError) as refused:
        terminate_instances(REGION, [_UNKNOWN])
    assert refused.value.code == "InvalidInstanceID.NotFound"
    terminate_instances(REGION, [])


def test_limits() -> None:
    assert limits_of("m5.large") == InstanceLimits(3, 10, trunking_compatible=True, branch_interfaces=9)
    assert limits_of("t3.medium") == InstanceLimits(3, 6, trunking_compatible=False, branch_interfaces=0)
    assert limits_of("m5.tiny") is None
