from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from podsg.errors import Ec2CallError
from podsg.lifecycle.interfaces import NewInterface
from tests.simulation.clock import SimulatedClock
from tests.simulation.ec2 import SimulatedEc2
from tests.simulation.faults import Fault, Faults, Kind, ProcessDiedError, code_of
from tests.simulation.limits import NAMED


@dataclass
class Scene:
    clock: SimulatedClock
    ec2: SimulatedEc2
    subnet_id: str
    group_id: str
    instance_id: str
    trunk_id: str

    @property
    def wanted(self) -> NewInterface:
        return NewInterface(self.subnet_id, (self.group_id,), "mine", {"a": "b"}, "token")


@pytest.fixture
def scene() -> Scene:
    clock = SimulatedClock()
    ec2 = SimulatedEc2(clock, seed=3)
    vpc_id = ec2.region.add_vpc()
    subnet_id, group_id = ec2.region.add_subnet(vpc_id), ec2.region.add_group(vpc_id)
    instance_id = ec2.region.add_instance(branch_limit=2)
    trunk_id = ec2.region.add_trunk(instance_id, subnet_id, [group_id])
    return Scene(clock, ec2, subnet_id, group_id, instance_id, trunk_id)


def refused(code: str) -> pytest.RaisesExc[Ec2CallError]:
    return pytest.RaisesExc(Ec2CallError, check=lambda error: error.code == code)


def test_token_gives_the_same_interface_even_when_it_is_gone(scene: Scene) -> None:
    made = scene.ec2.create_network_interface(scene.wanted)
    assert scene.ec2.create_network_interface(scene.wanted).id == made.id
    with refused("IdempotentParameterMismatch"):
        scene.ec2.create_network_interface(replace(scene.wanted, description="other"))
    scene.ec2.delete_network_interface(made.id)
    assert scene.ec2.create_network_interface(scene.wanted).id == made.id
    with refused("InvalidNetworkInterfaceID.NotFound"):
        scene.ec2.describe_network_interfaces(ids=[made.id])
    scene.clock.sleep(scene.ec2.tokens.life_seconds)
    assert scene.ec2.create_network_interface(scene.wanted).id != made.id


def test_late_reads_show_what_was_there_before(scene: Scene) -> None:
    scene.ec2.lag_seconds = 120.0
    made = scene.ec2.create_network_interface(scene.wanted)
    seen = set()
    for _ in range(20):
        try:
            seen.add(scene.ec2.describe_network_interfaces(ids=[made.id])[0].id)
        except Ec2CallError as error:
            seen.add(error.code)
        scene.clock.sleep(3.0)
    assert seen == {made.id, "InvalidNetworkInterfaceID.NotFound"}
    scene.clock.sleep(120.0)
    scene.ec2.modify_network_interface(made.id, description="new")
    scene.clock.sleep(60.0)
    shown = {scene.ec2.describe_network_interfaces(ids=[made.id])[0].description for _ in range(20)}
    assert shown == {"mine", "new"}


def test_calls_that_come_too_fast_are_refused(scene: Scene) -> None:
    size, refill = NAMED["CreateNetworkInterface"]
    for number in range(int(size)):
        scene.ec2.create_network_interface(replace(scene.wanted, token=str(number)))
    with refused("RequestLimitExceeded"):
        scene.ec2.create_network_interface(scene.wanted)
    scene.clock.sleep(1 / refill)
    scene.ec2.create_network_interface(scene.wanted)
    assert scene.ec2.throttled() == 1


def test_instance_takes_its_trunk_along_and_frees_the_branches(scene: Scene) -> None:
    branch = scene.ec2.create_network_interface(scene.wanted)
    association = scene.ec2.associate_trunk_interface(
        branch_id=branch.id, trunk_id=scene.trunk_id, vlan_id=1, token="t"
    )
    assert scene.ec2.describe_network_interfaces(filters={"status": ["in-use"], "group-id": [scene.group_id]})
    with refused("DependencyViolation"):
        scene.ec2.delete_security_group(scene.group_id)
    scene.ec2.region.terminate(scene.instance_id)
    assert scene.ec2.describe_instances([scene.instance_id, "i-0"]) == {scene.instance_id: "terminated"}
    assert [item.status for item in scene.ec2.describe_network_interfaces()] == ["available"]
    with refused("InvalidAssociationID.NotFound"):
        scene.ec2.disassociate_trunk_interface(association.id, token="t")


def test_dry_run_changes_nothing_and_asks_for_the_right_only(scene: Scene) -> None:
    probe = {"branch_id": "eni-0123456789abcdef0", "trunk_id": scene.trunk_id, "vlan_id": 1, "token": "t"}
    scene.ec2.associate_trunk_interface(**probe, dry_run=True)  # type: ignore[arg-type]
    scene.ec2.refused_rights.add("AssociateTrunkInterface")
    with refused("UnauthorizedOperation"):
        scene.ec2.associate_trunk_interface(**probe, dry_run=True)  # type: ignore[arg-type]
    assert scene.ec2.writes() == 0


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_of_fault_at_a_create(scene: Scene, kind: Kind) -> None:
    scene.ec2.faults = Faults([Fault("CreateNetworkInterface", 2, kind)])
    before = len(scene.ec2.region.interfaces)
    scene.ec2.create_network_interface(scene.wanted)
    with refused(code_of(kind, "CreateNetworkInterface")):
        scene.ec2.create_network_interface(replace(scene.wanted, token="second"))
    has_effect = kind is Kind.TIMEOUT_WITH_EFFECT
    assert len(scene.ec2.region.interfaces) == before + 1 + has_effect


@pytest.mark.parametrize("is_after", [False, True])
def test_dead_process_makes_no_call(scene: Scene, *, is_after: bool) -> None:
    before = len(scene.ec2.region.interfaces)
    scene.ec2.faults = Faults([Fault("CreateNetworkInterface", 1, None, is_after=is_after)])
    with pytest.raises(ProcessDiedError):
        scene.ec2.create_network_interface(scene.wanted)
    with pytest.raises(ProcessDiedError):
        scene.ec2.describe_network_interfaces()
    assert len(scene.ec2.region.interfaces) == before + is_after


def test_stranger_deletes_what_the_call_is_about(scene: Scene) -> None:
    made = scene.ec2.create_network_interface(scene.wanted)

    def vanish(_: str, target: str) -> bool:
        scene.ec2.region.remove(target)
        return True

    scene.ec2.faults = Faults([Fault("DeleteNetworkInterface", 1, Kind.NOT_FOUND_OLD)], vanish)
    with refused("InvalidNetworkInterfaceID.NotFound"):
        scene.ec2.delete_network_interface(made.id)
    assert made.id not in scene.ec2.region.interfaces
