"""What each gate asks of the life cycle, by its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from podsg.errors import ApiUnreachableError, DeadlineError, Explanation
from podsg.lifecycle.drain import DrainRequest
from podsg.lifecycle.interfaces import NetworkInterface, SecurityGroup
from podsg.lifecycle.objects import Pod
from podsg.lifecycle.sweep import SweepScope
from podsg.lifecycle.workload_removal import RemovalRequest
from podsg.model.removal import OnRemove
from podsg.provider import gates
from podsg.provider.gate_account import GateAccount
from tests.provider.gate_inputs import DRAIN, SWEEP, WORKLOAD, Aws, refused
from tests.simulation.clock import SimulatedClock

VPC = DRAIN["vpc_id"]
GONE = refused("ResourceNotFoundException")
OWN = {"podsg:owner": "demo/dev"}
LEFT = {"kubernetes.io/cluster/dev": "owned"}
CONTROLLER = {"eks:eni:owner": "eks-vpc-resource-controller", **LEFT}


class Api:
    """A Kubernetes API with one pod, or one that does not answer."""

    def __init__(self, *, answers: bool = True) -> None:
        self.answers = answers

    def cooldown_seconds(self) -> float:
        return 45.0

    def pods(self) -> tuple[Pod, ...]:
        if not self.answers:
            raise ApiUnreachableError(Explanation("Kubernetes API", "it cannot be reached", "-", "-"))
        return (Pod("shop", "web", branch_eni_ids=("eni-pod",)),)

    def nodes(self) -> tuple[()]:
        return ()

    policies = nodes

    def service_account_labels(self) -> Mapping[Any, Any]:
        return {}


class World:
    """An account, a clock, and what the gates handed over."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, aws: Aws, api: Api) -> None:
        self.aws, self.api, self.clock = aws, api, SimulatedClock()
        self.said: list[str] = []
        self.done: list[Any] = []

        class Account(GateAccount):
            def kubernetes(self) -> Any:
                return api if self.cluster() else None

        def of(inputs: Mapping[str, Any]) -> Any:
            anything: Any = aws
            return Account(inputs, anything, anything, self.clock)

        monkeypatch.setattr(GateAccount, "of", of)
        monkeypatch.setattr(gates, "say", self.said.append)
        monkeypatch.setattr(gates, "refuse_blocked", lambda *_: self.done.append("preflight"))
        monkeypatch.setattr(gates, "drain", self._work)
        monkeypatch.setattr(gates, "release_groups", self._work)
        monkeypatch.setattr(gates, "sweep", self._sweep)

    def _work(self, ec2: Any, api: Any, clock: Any, request: Any, say: Any) -> None:
        assert (ec2, clock, say) == (self.aws, self.clock, self.said.append)
        self.done.append((api, request))

    def _sweep(self, ec2: Any, clock: Any, scope: SweepScope, say: Any, *, timeout_seconds: float) -> None:
        assert (ec2, clock, say) == (self.aws, self.clock, self.said.append)
        self.done.append((scope, timeout_seconds))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch, Aws(), Api())


def _service(name: str, description: str, *groups: str) -> NetworkInterface:
    return NetworkInterface(
        name, VPC, "subnet-1", description=description, group_ids=frozenset(groups), is_requester_managed=True
    )


def test_an_own_cluster_is_drained_after_the_preflight(world: World) -> None:
    gates.drain_gate({**DRAIN, "preflight": True})

    assert world.done == ["preflight", (world.api, DrainRequest("dev", VPC, 600.0, 45.0))]


def test_the_preflight_can_be_left_out(world: World) -> None:
    gates.drain_gate(DRAIN)

    assert [one for one in world.done if one == "preflight"] == []
    assert len(world.done) == 1


@pytest.mark.parametrize("scope", ["groups", "none"])
def test_the_pods_of_a_cluster_of_others_stay(world: World, scope: str) -> None:
    gates.drain_gate({**DRAIN, "scope": scope, "preflight": True})

    assert world.done == ["preflight"]


def test_a_cluster_that_is_gone_has_nothing_to_drain(world: World) -> None:
    world.aws.cluster = GONE

    gates.drain_gate(DRAIN)

    assert world.done == []


@pytest.mark.parametrize(("group_scope", "groups"), [(False, None), (True, frozenset({"sg-own"}))])
def test_a_sweep_is_of_the_cluster_or_of_the_stacks_groups_in_it(
    world: World, *, group_scope: bool, groups: frozenset[str] | None
) -> None:
    world.aws.groups = [SecurityGroup("sg-own", "a", VPC, OWN), SecurityGroup("sg-other", "b", VPC)]

    gates.sweep_gate({**SWEEP, "group_scope": group_scope})

    assert world.done == [(SweepScope("dev", VPC, groups), 600.0)]


def test_only_the_last_sweep_waits_for_aws_and_deletes_the_clusters_group(world: World) -> None:
    # given what a deleted cluster leaves, and an interface of its control plane that stays
    world.aws.cluster = GONE
    left = SecurityGroup("sg-left", "eks-cluster-sg-dev-1", VPC, LEFT)
    world.aws.groups = [left, SecurityGroup("sg-unmarked", "eks-cluster-sg-dev-2", VPC)]
    world.aws.interfaces = [_service("eni-1", "Amazon EKS dev", "sg-left")]

    gates.sweep_gate(SWEEP)
    assert world.aws.deleted == []

    # when the control plane's interface goes after 12 s
    world.clock.at(12.0, world.aws.interfaces.clear)
    gates.sweep_gate({**SWEEP, "stage": "last"})

    # then the group is deleted after that
    assert world.aws.deleted == ["sg-left"]
    assert world.clock.now() >= 12.0
    assert [line for line in world.said if "eni-1 (Amazon EKS dev)" in line]
    assert [line for line in world.said if "sg-left (eks-cluster-sg-dev-1)" in line]
    assert world.aws.asked[-1]["group-name"] == ["eks-cluster-sg-dev-*"]


def test_the_group_of_a_cluster_that_is_there_stays(world: World) -> None:
    world.aws.groups = [SecurityGroup("sg-left", "eks-cluster-sg-dev-1", VPC, LEFT)]

    gates.sweep_gate({**SWEEP, "stage": "last"})

    assert world.aws.deleted == []


def test_the_control_plane_and_group_of_a_cluster_of_others_are_nothing_to_wait_for(world: World) -> None:
    world.aws.cluster = GONE
    world.aws.groups = [SecurityGroup("sg-left", "eks-cluster-sg-dev-1", VPC, LEFT)]
    world.aws.interfaces = [_service("eni-1", "Amazon EKS dev", "sg-left")]

    gates.sweep_gate({**SWEEP, "stage": "last", "group_scope": True})

    assert (world.aws.deleted, world.clock.now()) == ([], 0.0)


def test_the_interfaces_of_other_databases_are_nothing_to_wait_for(world: World) -> None:
    world.aws.groups = [SecurityGroup("sg-own", "a", VPC, OWN)]
    world.aws.interfaces = [_service("eni-1", "RDSNetworkInterface", "sg-other")]

    gates.sweep_gate({**SWEEP, "stage": "last"})

    assert world.clock.now() == 0.0


def test_what_aws_does_not_delete_in_time_is_named(world: World) -> None:
    world.aws.groups = [SecurityGroup("sg-own", "a", VPC, OWN)]
    world.aws.interfaces = [_service("eni-1", "RDSNetworkInterface", "sg-own")]

    with pytest.raises(DeadlineError, match=r"eni-1 \(RDSNetworkInterface\)"):
        gates.sweep_gate({**SWEEP, "stage": "last"})
    assert world.clock.now() == 600.0


@pytest.mark.parametrize("on_remove", list(OnRemove))
def test_a_workload_gives_its_groups_free(world: World, on_remove: OnRemove) -> None:
    gates.workload_gate({**WORKLOAD, "on_remove": str(on_remove)})

    groups = frozenset(WORKLOAD["group_ids"])
    assert world.done == [(world.api, RemovalRequest("web", "dev", VPC, groups, on_remove, 600.0))]


def test_a_workload_of_a_cluster_that_is_gone(world: World) -> None:
    world.aws.cluster = GONE

    gates.workload_gate(WORKLOAD)

    assert [api for api, _ in world.done] == [None]


def _leaked() -> NetworkInterface:
    tags = {**CONTROLLER, "node.k8s.amazonaws.com/instance_id": "i-gone"}
    return NetworkInterface("eni-leak", VPC, "subnet-1", tags=tags, description="aws-k8s-branch-eni")


def test_a_look_names_what_is_leaked_and_no_pod(world: World) -> None:
    live = {**CONTROLLER, "node.k8s.amazonaws.com/instance_id": "i-live"}
    pod = NetworkInterface(
        "eni-pod", VPC, "subnet-1", status="in-use", tags=live, description="aws-k8s-branch-eni"
    )
    world.aws.interfaces = [_leaked(), pod]

    for found in (gates.found_by_drain_gate(DRAIN), gates.found_by_sweep_gate(SWEEP)):
        assert [one["id"] for one in found["leaked"]] == ["eni-leak"]
        assert "i-gone" in found["leaked"][0]["reason"]
        assert found.get("drifted", []) == []


def test_a_look_without_the_api_says_so_and_goes_by_ec2(world: World) -> None:
    world.api.answers = False
    world.aws.interfaces = [_leaked()]

    assert [one["id"] for one in gates.found_by_drain_gate(DRAIN)["leaked"]] == ["eni-leak"]
    assert [line for line in world.said if "it cannot be reached" in line]
