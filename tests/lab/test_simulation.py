"""The simulated EC2 answers as the lab's does: the same random calls to both, by the product's client."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from lab.status.counts import client
from podsg.errors import Ec2CallError
from podsg.lifecycle.interfaces import NetworkInterface, NewInterface, TrunkAssociation
from podsg.lifecycle.ports import Ec2
from podsg.provider.ec2 import BotoEc2
from tests.lab.conformance.row import eventually
from tests.lab.conftest import Lab
from tests.simulation.clock import SimulatedClock
from tests.simulation.ec2 import SimulatedEc2

SEQUENCES: Final = 12
LENGTH: Final = 80
ZONES: Final = ("us-west-2a", "us-west-2b")
UNKNOWN: Final = {
    "eni": "eni-0123456789abcdef0",
    "assoc": "trunk-assoc-0123456789abcdef0",
    "sg": "sg-0123456789abcdef0",
}
CALLS: Final = (
    *["create"] * 6,
    *["associate"] * 8,
    *["disassociate", "regroup", "describe", "tag", "untag", "probe", "probe_deletion"],
    *["delete"] * 2,
    *["delete_group", "show", "list", "list", "associations"],
)
BRANCH_LIMIT: Final = 9
"""Source: aws/amazon-vpc-resource-controller-k8s, pkg/aws/vpc/limits.go, m5.large."""


@dataclass(frozen=True)
class Step:
    """One call; things are named by what they are, such as `eni3`, not by their ids."""

    call: str
    thing: str = ""
    other: str = ""
    group: str = ""
    number: int = 0
    token: str = ""


@dataclass
class World:
    """An EC2 and the ids that things have in it."""

    ec2: Ec2
    ids: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = {value: key for key, value in self.ids.items()}

    def id(self, name: str) -> str:
        kind = name.rstrip("0123456789")
        return self.ids.get(name, UNKNOWN.get(kind, UNKNOWN["eni"]))

    def learn(self, name: str, value: str) -> None:
        self.ids.setdefault(name, value)
        self.names.setdefault(value, name)

    def does(self, step: Step) -> object:
        """Do a step; return what came of it in words that both worlds share."""
        try:
            return getattr(self, f"_{step.call}")(step)
        except Ec2CallError as error:
            return error.code

    def _create(self, step: Step) -> object:
        wanted = NewInterface(
            self.id(step.other),
            (self.id(step.group),),
            f"made {step.number}",
            {"n": str(step.number)},
            step.token,
        )
        made = self.ec2.create_network_interface(wanted)
        self.learn(step.thing, made.id)
        return self.names[made.id]

    def _associate(self, step: Step) -> object:
        made = self.ec2.associate_trunk_interface(
            branch_id=self.id(step.thing),
            trunk_id=self.id(step.other),
            vlan_id=step.number,
            token=step.token,
        )
        self.learn(f"assoc{step.thing[3:]}", made.id)
        return self._told(made)

    def _probe(self, step: Step) -> object:
        self.ec2.associate_trunk_interface(
            branch_id=self.id(step.thing), trunk_id=self.id(step.other), vlan_id=1, token="", dry_run=True
        )
        return "may"

    def _probe_deletion(self, step: Step) -> object:
        self.ec2.delete_network_interface(self.id(step.thing), dry_run=True)
        return "may"

    def _disassociate(self, step: Step) -> None:
        self.ec2.disassociate_trunk_interface(self.id(f"assoc{step.thing[3:]}"), token=step.token)

    def _regroup(self, step: Step) -> None:
        self.ec2.modify_network_interface(self.id(step.thing), group_ids=[self.id(step.group)])

    def _describe(self, step: Step) -> None:
        self.ec2.modify_network_interface(self.id(step.thing), description=f"now {step.number}")

    def _tag(self, step: Step) -> None:
        self.ec2.describe_network_interfaces(ids=[self.id(step.thing)])  # the lab tags what is not there
        self.ec2.create_tags(self.id(step.thing), {"n": "new", f"k{step.number}": "v"})

    def _untag(self, step: Step) -> None:
        self.ec2.describe_network_interfaces(ids=[self.id(step.thing)])  # the lab tags what is not there
        self.ec2.delete_tags(self.id(step.thing), ["n", f"k{step.number}"])

    def _delete(self, step: Step) -> None:
        self.ec2.delete_network_interface(self.id(step.thing))

    def _delete_group(self, step: Step) -> None:
        self.ec2.delete_security_group(self.id(step.group))

    def _show(self, step: Step) -> object:
        found = self.ec2.describe_network_interfaces(ids=[self.id(step.thing)])
        return [self._shown(item) for item in found]

    def _list(self, step: Step) -> object:
        filters: Mapping[str, list[str]] = [
            {"vpc-id": [self.id("vpc")]},
            {"vpc-id": [self.id("vpc")], "status": ["available"]},
            {"group-id": [self.id(step.group)]},
            {"tag:n": [str(number) for number in range(step.number)], "vpc-id": [self.id("vpc")]},
            {"subnet-id": [self.id(step.other)], "description": ["now*"]},
            {"tag-key": ["k1"], "vpc-id": [self.id("vpc")]},
            {"no-such-filter": ["x"]},
        ][step.number % 7]
        found = self.ec2.describe_network_interfaces(filters=filters)
        return sorted(self._shown(item) for item in found if item.id in self.names)

    def _associations(self, step: Step) -> object:
        trunks = {self.id("trunk0"), self.id(step.other)}
        found = self.ec2.describe_trunk_associations()
        return sorted(self._told(item) for item in found if item.trunk_id in trunks)

    def _shown(self, item: NetworkInterface) -> tuple[Any, ...]:
        names = self.names
        return (
            names.get(item.id, "?"),
            names.get(item.subnet_id, "?"),
            item.zone,
            item.status,
            item.interface_type,
            item.description,
            sorted(names.get(group, "?") for group in item.group_ids),
            sorted(item.tags.items()),
            names.get(item.instance_id, ""),
            item.is_requester_managed,
        )

    def _told(self, item: TrunkAssociation) -> tuple[str, str, int]:
        return self.names.get(item.branch_id, "?"), self.names.get(item.trunk_id, "?"), item.vlan_id


def random_steps(seed: int) -> Iterator[Step]:
    source, made = random.Random(seed), 0  # noqa: S311 - a test's choice
    for _ in range(LENGTH):
        call = source.choice(CALLS)
        thing = f"eni{source.randint(max(0, made - 5), made)}"
        number, token = source.randint(0, 6), ""
        other = source.choice(["trunk0"] * 6 + ["trunk1", "eni0", "trunk7"])
        if call == "create":
            is_again = source.random() < 0.3
            thing = f"eni{made}" if not is_again else thing
            number = 0 if is_again else made
            made += not is_again
            token = f"token-{seed}-{source.randint(0, made) if is_again else made}"
            other = source.choice(["subnet0"] * 6 + ["subnet1", "subnet9"])
        elif call in {"associate", "disassociate"}:
            token = f"{call}-{seed}-{source.randint(0, 20)}"
            number = source.randint(0, 12)
        elif call == "list":
            other = "subnet0"
        yield Step(
            call, thing, other, source.choice(["sg0"] * 5 + ["sg1", "sg2", "sg8", "away0"]), number, token
        )


def simulated(seed: int) -> World:
    ec2 = SimulatedEc2(SimulatedClock(), seed)
    ec2.buckets = None
    region = ec2.region
    vpc, away = region.add_vpc(), region.add_vpc()
    ids = {"vpc": vpc}
    for number, zone in enumerate(ZONES):
        ids[f"subnet{number}"] = region.add_subnet(vpc, zone)
    for number in range(3):
        ids[f"sg{number}"] = region.add_group(vpc, f"group-{number}")
    ids["away0"] = region.add_group(away)
    for number in range(2):
        ids[f"i{number}"] = region.add_instance(BRANCH_LIMIT)
        ids[f"trunk{number}"] = region.add_trunk(ids[f"i{number}"], ids["subnet0"], [ids["sg0"]])
    return World(ec2, ids)


def real(ec2: Any) -> World:
    """Make the same things in the lab."""
    scene = _Things(ec2)
    vpc, away = scene.vpc(), scene.vpc()
    ids = {"vpc": vpc}
    for number, zone in enumerate(ZONES):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{number}.0/24", AvailabilityZone=zone)
        ids[f"subnet{number}"] = made["Subnet"]["SubnetId"]
    for number in range(3):
        ids[f"sg{number}"] = scene.group(vpc, f"group-{number}")
    ids["away0"] = scene.group(away, "pods")
    for number in range(2):
        ids[f"i{number}"] = scene.instance(ids["subnet0"])
        ids[f"trunk{number}"] = scene.trunk(ids["subnet0"], ids["sg0"], ids[f"i{number}"])
    return World(BotoEc2(ec2), ids)


@dataclass
class _Things:
    ec2: Any

    def vpc(self) -> str:
        return str(self.ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"])

    def group(self, vpc_id: str, name: str) -> str:
        return str(self.ec2.create_security_group(VpcId=vpc_id, GroupName=name, Description=name)["GroupId"])

    def instance(self, subnet_id: str) -> str:
        image_id = self.ec2.describe_images()["Images"][0]["ImageId"]
        made = self.ec2.run_instances(
            ImageId=image_id, MinCount=1, MaxCount=1, InstanceType="m5.large", SubnetId=subnet_id
        )
        instance_id = str(made["Instances"][0]["InstanceId"])
        eventually(lambda: self._state(instance_id), "running")
        return instance_id

    def _state(self, instance_id: str) -> str:
        found = self.ec2.describe_instances(InstanceIds=[instance_id])
        return str(found["Reservations"][0]["Instances"][0]["State"]["Name"])

    def trunk(self, subnet_id: str, group_id: str, instance_id: str) -> str:
        made = self.ec2.create_network_interface(
            SubnetId=subnet_id,
            Groups=[group_id],
            InterfaceType="trunk",
            Description="aws-k8s-trunk-eni",
        )
        trunk_id = str(made["NetworkInterface"]["NetworkInterfaceId"])
        self.ec2.attach_network_interface(NetworkInterfaceId=trunk_id, InstanceId=instance_id, DeviceIndex=2)
        eventually(lambda: self._status(trunk_id), "in-use")
        return trunk_id

    def _status(self, interface_id: str) -> str:
        found = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id])
        return str(found["NetworkInterfaces"][0]["Status"])


def test_simulation_answers_as_the_lab_does(lab: Lab) -> None:
    ec2 = client(lab.running(), "ec2")
    for seed in range(SEQUENCES):
        worlds = simulated(seed), real(ec2)
        steps = list(random_steps(seed))
        for number, step in enumerate(steps):
            shown, expected = (world.does(step) for world in worlds)
            if shown != expected:
                done = "\n".join(f"  {earlier!r}," for earlier in steps[: number + 1])
                pytest.fail(f"seed {seed}: simulated {shown!r}, the lab {expected!r} after\n{done}")
