"""aws-node calls EC2 in the role that its machine has, and shows what that role lacks."""

from __future__ import annotations

from typing import Any

from lab.nodes.caller import credentials_of
from lab.nodes.objects import Object
from tests.lab.nodes import builders
from tests.lab.nodes.conftest import CNI_POLICY, World, wait
from tests.lab.nodes.test_agent import aws_node, place, secondary, status_of

MISSING = "MissingIAMPermissions"


def crash_of(world: World, made: Object) -> str:
    containers = status_of(world, made).get("containerStatuses") or [{}]
    return str(containers[0].get("lastState", {}).get("terminated", {}).get("message", ""))


def registered(world: World, **changes: Any) -> dict[str, Any]:
    machine = world.launch(**changes)
    wait(lambda: world.node(machine) is not None)
    return machine


def test_a_node_is_not_ready_before_its_network(world: World) -> None:
    machine = registered(world)
    node = world.node(machine)
    assert node is not None
    conditions = {each["type"]: each for each in node["status"]["conditions"]}
    assert {each["status"] for each in conditions.values()} == {"False"}
    assert conditions["Ready"]["reason"] == "KubeletNotReady"
    assert "cni plugin not initialized" in conditions["Ready"]["message"]


def test_a_role_without_the_policy_stops_aws_node(world: World) -> None:
    # given two nodes whose roles differ in the policy
    role = world.role()
    wrong, right = registered(world, credentials=world.assume(role)), registered(world)
    crashing, _ = aws_node(world, wrong), aws_node(world, right)

    # then one gets its network, the other shows who may not do what
    wait(lambda: world.network_ready(right))
    wait(lambda: "ec2:DescribeNetworkInterfaces" in crash_of(world, crashing))
    assert role in crash_of(world, crashing)
    wait(lambda: {MISSING, "BackOff"} <= set(world.reasons(crashing)))
    assert not world.network_ready(wrong)

    # when the policy is attached, then the next start succeeds
    world.iam.attach_role_policy(RoleName=role, PolicyArn=CNI_POLICY)
    wait(lambda: world.network_ready(wrong))


def test_no_credentials_stop_aws_node(world: World) -> None:
    machine = registered(world, credentials=None)
    crashing = aws_node(world, machine)
    wait(lambda: "Unable to locate credentials" in crash_of(world, crashing))
    assert not world.network_ready(machine)
    assert MISSING not in world.reasons(crashing)


def test_addresses_that_may_not_be_assigned_stop_aws_node(world: World) -> None:
    role = world.role()
    world.allow(role, "ec2:Describe*", "ec2:CreateNetworkInterface", "ec2:AttachNetworkInterface")
    machine = registered(world, credentials=world.assume(role))
    crashing = aws_node(world, machine)
    wait(lambda: "error while trying to increase datastore pool" in crash_of(world, crashing))
    wait(lambda: MISSING in world.reasons(crashing))
    assert not secondary(world.interfaces(machine)[0])


def test_an_interface_that_may_not_be_created_leaves_the_node_ready(world: World) -> None:
    role = world.role()
    world.allow(role, "ec2:Describe*", "ec2:AssignPrivateIpAddresses")
    machine = registered(world, credentials=world.assume(role))
    agent = aws_node(world, machine)
    wait(lambda: world.network_ready(machine))
    pods = [place(world, machine, f"web-{number}") for number in range(9)]
    wait(lambda: all(map(world.address, pods)))
    wait(lambda: MISSING in world.reasons(agent))
    assert len(world.interfaces(machine)) == 1


def test_credentials_are_not_shown() -> None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    shown = repr(
        builders.machine(credentials=credentials_of(dict(zip(names, ("key", "hush", "hush"), strict=True))))
    )
    assert "key" in shown
    assert "hush" not in shown
