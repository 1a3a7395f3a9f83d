from __future__ import annotations

from functools import partial

import pytest

from podsg.errors import ApiUnreachableError, DeadlineError, Explanation, ForbiddenError, StateError
from podsg.lifecycle.calls import RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.objects import Policy
from podsg.lifecycle.pacing import Pacing
from podsg.lifecycle.workload_removal import RemovalRequest, release_groups
from podsg.model.removal import OnRemove
from tests.pure.lifecycle.cluster_scene import COOLDOWN_SECONDS, GRACE_SECONDS, ClusterScene
from tests.simulation.decoys import CLUSTER, LIVE, Decoy, controller_tags

TIMEOUT = 600.0


class RemovalScene(ClusterScene):
    """A workload that is removed (its policy is gone), beside one of another stack."""

    def __init__(self, replicas: int = 3) -> None:
        super().__init__()
        self.run("web", replicas)
        self.run("bank", 2, group="other")
        self.kubernetes.delete_policy("shop/web")
        self.others = {one.id for one in self.branches("other")}

    def remove(self, on_remove: OnRemove, timeout: float = TIMEOUT, *, is_cluster_gone: bool = False) -> None:
        ec2 = RetryingEc2(self.ec2, self.clock, Pacing(self.clock), Deadline(self.clock, timeout))
        groups = frozenset({self.groups["pod"]})
        request = RemovalRequest("web", CLUSTER, self.vpc_id, groups, on_remove, timeout)
        kubernetes = None if is_cluster_gone else self.kubernetes
        release_groups(ec2, kubernetes, self.clock, request, self.said.append)

    def check_others(self) -> None:
        """See that nothing was done to the other workload, nor to a node."""
        assert {one.id for one in self.branches("other")} == self.others
        assert len(self.others) == 2
        assert self.kubernetes.evictions["shop/bank"] == 0
        assert self.kubernetes.cordons == {}


@pytest.fixture
def scene() -> RemovalScene:
    return RemovalScene()


def test_restart_evicts_the_pods_and_they_come_back_without_the_group(scene: RemovalScene) -> None:
    begin = scene.clock.now()
    scene.remove(OnRemove.RESTART)
    assert scene.branches("pod") == []
    assert scene.kubernetes.evictions == {"shop/web": 3}
    running = [pod for pod in scene.kubernetes.pods_of("shop/web") if pod.phase == "Running"]
    assert len(running) == 3
    assert not any(pod.branch_eni_ids for pod in running)
    assert scene.clock.now() - begin <= GRACE_SECONDS + COOLDOWN_SECONDS + 60
    assert "3 pods hold its security group (shop/web-" in scene.text
    assert "come back with what other policies give them" in scene.text
    assert "waiting for the cool-down of 3 branch ENIs" in scene.text
    scene.check_others()


def test_what_a_dead_controller_keeps_on_drained_nodes_is_left_to_the_sweep(scene: RemovalScene) -> None:
    # given a drained cluster whose controller is dead: its branch ENIs stay on their trunks
    scene.kubernetes.controller.is_dead = True
    for node in scene.kubernetes.nodes():
        scene.kubernetes.cordon(node.name)
    begin = scene.clock.now()
    # when the workload goes, then no cool-down is waited for, and it is said
    scene.remove(OnRemove.RESTART)
    assert scene.clock.now() - begin < GRACE_SECONDS + COOLDOWN_SECONDS / 2
    assert len(scene.branches("pod")) == 3
    assert "go with their drained nodes" in scene.text


def test_restarted_pods_get_what_another_policy_gives_them(scene: RemovalScene) -> None:
    selector = {"matchLabels": {"app": "web"}}
    scene.kubernetes.apply(Policy("shop", "all", group_ids=(scene.groups["cluster"],), pod_selector=selector))
    scene.remove(OnRemove.RESTART)
    scene.kubernetes.settle()
    assert len(scene.branches("cluster")) == 3
    assert scene.branches("pod") == []
    scene.check_others()


def test_restart_evicts_pods_of_daemon_sets_too() -> None:
    scene = RemovalScene()
    scene.run("agent", kind="DaemonSet")
    scene.kubernetes.delete_policy("shop/agent")
    scene.remove(OnRemove.RESTART)
    assert scene.kubernetes.evictions == {"shop/web": 3, "shop/agent": 2}
    assert scene.branches("pod") == []


def test_restart_keeps_budgets(scene: RemovalScene) -> None:
    scene.protect("web", 1)
    scene.remove(OnRemove.RESTART)
    assert scene.kubernetes.evictions == {"shop/web": 3}
    assert scene.kubernetes.refusals["shop/web"] > 0
    assert scene.branches("pod") == []


def test_restart_names_pods_and_the_answer_of_their_budget_at_the_deadline(scene: RemovalScene) -> None:
    scene.protect("web", 0)
    with pytest.raises(DeadlineError) as error:
        scene.remove(OnRemove.RESTART)
    text = str(error.value)
    assert "after 10 min 3 branch ENIs hold its security group: pods shop/web-" in text
    assert "The disruption budget web-budget does not allow it now." in text
    assert scene.kubernetes.evictions == {}


def test_wait_touches_nothing_and_ends_when_somebody_restarts_the_pods(scene: RemovalScene) -> None:
    # given somebody who restarts them two minutes later
    def restart() -> None:
        for pod in scene.kubernetes.pods_of("shop/web"):
            scene.kubernetes.evict(pod)

    begin = scene.clock.now()
    scene.clock.at(begin + 120.0, restart)
    # when
    scene.remove(OnRemove.WAIT)
    # then
    assert scene.branches("pod") == []
    assert scene.clock.now() - begin >= 120 + GRACE_SECONDS + COOLDOWN_SECONDS
    assert "waiting until somebody restarts them" in scene.text
    assert scene.kubernetes.evictions == {"shop/web": 3}
    scene.check_others()


def test_wait_names_the_pods_at_the_deadline_and_touches_none(scene: RemovalScene) -> None:
    begin = scene.clock.now()
    with pytest.raises(DeadlineError, match="3 branch ENIs hold its security group: pods shop/web-"):
        scene.remove(OnRemove.WAIT)
    assert scene.clock.now() - begin == TIMEOUT
    assert scene.kubernetes.evictions == {}
    assert scene.ec2.writes() == 0


def test_fail_refuses_at_once_and_names_the_pods(scene: RemovalScene) -> None:
    begin = scene.clock.now()
    with pytest.raises(StateError) as error:
        scene.remove(OnRemove.FAIL)
    assert "3 running pods hold its security group: shop/web-" in str(error.value)
    assert "on_remove is fail" in str(error.value)
    assert scene.clock.now() == begin
    assert scene.kubernetes.evictions == {}
    assert scene.ec2.writes() == 0
    scene.check_others()


def test_fail_waits_for_pods_that_are_going_already(scene: RemovalScene) -> None:
    for pod in scene.kubernetes.pods_of("shop/web"):
        scene.kubernetes.evict(pod)
    scene.remove(OnRemove.FAIL)
    assert scene.branches("pod") == []


@pytest.mark.parametrize("on_remove", OnRemove)
def test_group_that_nothing_holds_is_released_at_once(on_remove: OnRemove) -> None:
    scene = RemovalScene(replicas=0)
    begin = scene.clock.now()
    scene.remove(on_remove)
    assert scene.clock.now() == begin
    assert scene.said == []
    scene.check_others()


@pytest.mark.parametrize("on_remove", OnRemove)
def test_leaked_interface_with_the_group_is_swept_and_no_other(on_remove: OnRemove) -> None:
    # given interfaces of a dead node, one with another stack's group, and one of a live node
    scene = RemovalScene(replicas=0)
    leaked, other = scene.yard.leftover("pod"), scene.yard.leftover("other")
    free = scene.yard.place(Decoy("free on a live node", controller_tags(instance_id=LIVE)))
    # when
    scene.remove(on_remove)
    # then
    assert {call.target for call in scene.ec2.log if call.is_write} == {leaked, free}
    assert other in scene.ec2.region.interfaces


def test_pod_that_has_ended_holds_nothing_for_long() -> None:
    scene = RemovalScene(replicas=0)
    scene.run("job", kind="Bare")
    scene.kubernetes.end(scene.kubernetes.pods_of("shop/job")[0])
    scene.remove(OnRemove.FAIL)
    assert scene.branches("pod") == []


def test_without_a_cluster_what_its_instances_leave_is_swept(scene: RemovalScene) -> None:
    for node in scene.nodes:
        scene.clock.at(scene.clock.now() + 60.0, partial(scene.kubernetes.remove_node, node))
    scene.remove(OnRemove.FAIL, is_cluster_gone=True)
    assert scene.branches("pod") == []
    assert {one.id for one in scene.branches("other")} == scene.others


def test_without_a_cluster_interfaces_that_stay_are_named(scene: RemovalScene) -> None:
    with pytest.raises(DeadlineError) as error:
        scene.remove(OnRemove.RESTART, is_cluster_gone=True)
    assert all(one.id in str(error.value) for one in scene.branches("pod"))


def test_api_that_fails_for_a_while_is_asked_again(scene: RemovalScene) -> None:
    scene.kubernetes.is_unreachable = True
    scene.clock.at(scene.clock.now() + 60.0, lambda: setattr(scene.kubernetes, "is_unreachable", False))
    scene.remove(OnRemove.RESTART)
    assert scene.branches("pod") == []
    assert "removing web: no answer" in scene.text


def test_api_that_never_answers_is_told_at_the_deadline(scene: RemovalScene) -> None:
    scene.kubernetes.is_unreachable = True
    begin = scene.clock.now()
    with pytest.raises(ApiUnreachableError):
        scene.remove(OnRemove.RESTART)
    assert scene.clock.now() - begin == TIMEOUT


def test_forbidden_eviction_ends_the_removal_at_once(scene: RemovalScene) -> None:
    def before(call: str) -> None:
        if call == "create pods/eviction":
            raise ForbiddenError(Explanation("kubernetes", "not allowed", "no right.", "get it."), 403)

    scene.kubernetes.before = before
    begin = scene.clock.now()
    with pytest.raises(ForbiddenError):
        scene.remove(OnRemove.RESTART)
    assert scene.clock.now() == begin


def test_vpc_that_ec2_does_not_know_is_an_error_and_never_released(scene: RemovalScene) -> None:
    scene.ec2.region.vpc_ids.clear()
    with pytest.raises(StateError, match="does not know it"):
        scene.remove(OnRemove.RESTART)
    assert scene.kubernetes.evictions == {}
