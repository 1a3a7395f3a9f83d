from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from podsg.errors import (
    ApiUnreachableError,
    DeadlineError,
    Explanation,
    ForbiddenError,
    KubernetesCallError,
    StateError,
)
from podsg.lifecycle.calls import RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.drain import AFTER_COOLDOWN_SECONDS, DrainRequest, drain
from podsg.lifecycle.pacing import Pacing
from tests.pure.lifecycle.cluster_scene import COOLDOWN_SECONDS, GRACE_SECONDS, ClusterScene
from tests.simulation.decoys import CLUSTER, Decoy, cni_tags
from tests.simulation.kubernetes import Workload

TIMEOUT = 600.0
KUBERNETES_SHARE_SECONDS = 180.0
"""What a drain of a thousand branch ENIs may take beyond grace periods and cool-down."""


def drained(scene: ClusterScene, timeout: float = TIMEOUT, cluster: str = CLUSTER) -> int:
    ec2 = RetryingEc2(scene.ec2, scene.clock, Pacing(scene.clock), Deadline(scene.clock, timeout))
    request = DrainRequest(cluster, scene.vpc_id, timeout, COOLDOWN_SECONDS)
    return drain(ec2, scene.kubernetes, scene.clock, request, scene.said.append)


def refusal(error: type[KubernetesCallError], status: int, problem: str = "not now") -> KubernetesCallError:
    return error(Explanation("kubernetes", problem, "it is a test.", "wait."), status)


def answers(scene: ClusterScene, call: str, error: Exception, *, until: float = float("inf")) -> None:
    """Let the API answer a call with an error, until a moment."""

    def before(made: str) -> None:
        if made == call and scene.clock.now() < until:
            raise error

    scene.kubernetes.before = before


def test_pods_are_evicted_and_their_branch_enis_awaited() -> None:
    scene = ClusterScene()
    scene.run("web", 12)
    assert len(scene.branches()) == 12
    assert drained(scene) == 12
    assert scene.branches() == []
    assert scene.ec2.writes() == 0
    assert "drained shop: 12 of 12 pods evicted, all are gone." in scene.said
    assert any("12 not gone, 12 branch ENIs left" in line for line in scene.said)
    assert any("waiting for the cool-down: 12 branch ENIs left" in line for line in scene.said)


def test_pods_wait_for_a_node_and_do_not_come_back() -> None:
    scene = ClusterScene()
    scene.run("web", 3)
    drained(scene)
    scene.clock.sleep(60.0)
    assert {pod.node for pod in scene.kubernetes.pods_of("shop/web")} == {""}
    assert scene.kubernetes.evictions["shop/web"] == 3
    assert all(node.is_unschedulable for node in scene.kubernetes.nodes())
    assert scene.kubernetes.cordons == {"node-0": 1, "node-1": 1}


def test_cluster_without_such_pods_is_left_quiet() -> None:
    scene = ClusterScene()
    scene.kubernetes.apply(Workload("shop", "plain", 3))
    scene.kubernetes.settle()
    assert drained(scene) == 0
    assert scene.said == []
    assert scene.kubernetes.evictions == {}


def test_node_that_joins_during_the_drain_is_cordoned_too() -> None:
    # given a node that joins while pods are going, and one that joins while their ENIs rest
    def join(scene: ClusterScene, name: str) -> None:
        scene.kubernetes.add_node(name)

    scene = ClusterScene()
    scene.run("web", 4)
    now = scene.clock.now()
    for late in ("10", "50"):
        scene.clock.at(now + float(late), partial(join, scene, f"late-{late}"))
    # when
    drained(scene)
    # then
    assert scene.kubernetes.cordons == {"node-0": 1, "node-1": 1, "late-10": 1, "late-50": 1}
    assert scene.branches() == []
    assert {pod.node for pod in scene.kubernetes.pods_of("shop/web")} == {""}


def test_pod_that_got_onto_a_new_node_before_its_cordon_is_evicted_too() -> None:
    # given somebody who takes a cordon away while the ENIs rest: pods come back for a moment
    scene = ClusterScene()
    scene.run("web", 4)
    moment = scene.clock.now() + GRACE_SECONDS + 20.5
    for step in range(20):
        scene.clock.at(moment + step / 10, lambda: scene.kubernetes.uncordon("node-0"))
    # when
    evicted = drained(scene)
    # then
    assert evicted > 4
    assert scene.branches() == []


def test_pod_that_still_waits_for_its_branch_eni_is_evicted() -> None:
    # given a pod on a node whose ENI the controller will make in a moment
    scene = ClusterScene()
    scene.run("web", 1)
    scene.kubernetes.controller.is_dead = True
    scene.kubernetes.apply(Workload("shop", "web", 2, labels={"app": "web"}, grace_seconds=GRACE_SECONDS))
    scene.kubernetes.settle()
    waiting = [pod for pod in scene.kubernetes.pods_of("shop/web") if not pod.branch_eni_ids]
    assert [pod.phase for pod in waiting] == ["Pending"]
    scene.kubernetes.controller.is_dead = False
    # then
    assert drained(scene) == 2
    assert scene.branches() == []


def test_pod_that_has_ended_is_not_evicted() -> None:
    scene = ClusterScene()
    scene.run("web", 1)
    scene.run("job", 1, kind="Bare")
    scene.kubernetes.end(scene.kubernetes.pods_of("shop/job")[0])
    assert drained(scene) == 1
    assert scene.kubernetes.evictions == {"shop/web": 1}


def test_pod_that_somebody_else_deletes_is_awaited_and_not_evicted() -> None:
    scene = ClusterScene()
    scene.run("web", 2)
    scene.kubernetes.evict(scene.kubernetes.pods_of("shop/web")[0])
    assert drained(scene) == 1
    assert scene.branches() == []
    assert "drained shop: 1 of 2 pods evicted, all are gone." in scene.said


def test_pods_of_daemon_sets_are_not_evicted_and_named_once() -> None:
    scene = ClusterScene()
    scene.run("web", 2)
    scene.run("agent", kind="DaemonSet")
    scene.kubernetes.apply(Workload("shop", "mirror", kind="Static", labels={"app": "web"}, node="node-0"))
    scene.kubernetes.settle()
    assert drained(scene) == 2
    assert scene.kubernetes.evictions == {"shop/web": 2}
    assert len(scene.branches()) == 3
    told = [line for line in scene.said if "DaemonSets" in line]
    assert len(told) == 1
    assert "shop/agent-" in told[0]
    assert "shop/mirror-" in told[0]
    assert all(one.id in told[0] for one in scene.branches())
    assert "the sweep after the nodes" not in scene.text


def test_budget_is_kept_and_retried_until_it_allows_the_eviction() -> None:
    # given a budget that keeps one of four, and a room on a node that nobody drains for its successors
    scene = ClusterScene()
    scene.run("web", 4)
    scene.protect("web", 2)
    scene.clock.at(scene.clock.now() + 100.0, scene.kubernetes.budgets.clear)
    # when
    assert drained(scene) == 4
    # then
    assert scene.kubernetes.refusals["shop/web"] > 0
    assert any("2 of 4 pods evicted, 2 kept by a budget" in line for line in scene.said)
    assert not any("4 of 4 pods evicted, 2 kept" in line for line in scene.said)


def test_pods_that_a_budget_keeps_are_named_at_the_deadline() -> None:
    # given
    scene = ClusterScene()
    scene.run("web", 7)
    scene.protect("web", 1)
    begin = scene.clock.now()
    # when
    with pytest.raises(DeadlineError) as error:
        drained(scene)
    # then
    text = str(error.value)
    assert "6 pods with branch ENIs are left after 10 min" in text
    assert text.count("shop/web-") == 5
    assert "and 1 more" in text
    assert "The disruption budget web-budget does not allow it now." in text
    assert "kubectl uncordon" in text
    assert scene.kubernetes.evictions["shop/web"] == 1
    assert TIMEOUT <= scene.clock.now() - begin <= TIMEOUT + 5


def test_pod_with_a_long_grace_period_is_named_without_an_answer() -> None:
    scene = ClusterScene()
    scene.run("web", 1)
    pod = scene.kubernetes.pods_of("shop/web")[0]
    scene.kubernetes.evict(replace(pod))
    with pytest.raises(DeadlineError) as error:
        drained(scene, timeout=20.0)
    assert pod.place in str(error.value)
    assert "the API answers" not in str(error.value)


def test_controller_that_frees_nothing_does_not_hang_the_drain() -> None:
    scene = ClusterScene()
    scene.run("web", 3)
    scene.kubernetes.controller.is_dead = True
    begin = scene.clock.now()
    assert drained(scene) == 3
    assert scene.clock.now() - begin <= GRACE_SECONDS + COOLDOWN_SECONDS + 130
    assert len(scene.branches()) == 3
    assert "the sweep after the nodes takes them" in scene.text
    assert all(one.id in scene.text for one in scene.branches())


def test_branch_eni_that_the_controller_left_free_is_deleted() -> None:
    # given a controller that died after it took the branches from their trunk, and a spare of the VPC CNI
    scene = ClusterScene()
    spare = scene.yard.place(Decoy("spare", cni_tags(), "aws-K8S-i-1"))
    scene.run("web", 3)
    scene.kubernetes.controller.is_dead = True
    region = scene.ec2.region
    moment = scene.clock.now() + GRACE_SECONDS + 10
    for item in list(region.associations.values()):
        scene.clock.at(moment, partial(region.disassociate, item.id))
    # when
    drained(scene)
    # then
    assert scene.branches() == []
    assert scene.ec2.calls()["DeleteNetworkInterface"] == 3
    assert spare in scene.ec2.region.interfaces


def test_controller_that_dies_on_the_way_does_not_hang_the_drain() -> None:
    scene = ClusterScene()
    scene.run("web", 3)
    scene.kubernetes.controller.is_dead = True
    first = scene.branches()[0]
    begin = scene.clock.now()
    scene.clock.at(begin + 100.0, partial(scene.ec2.region.remove, first.id))
    drained(scene)
    assert len(scene.branches()) == 2
    assert scene.clock.now() - begin <= GRACE_SECONDS + COOLDOWN_SECONDS + 130
    # and it says whom it waits for, first and last
    assert "waiting for the cool-down: 3 branch ENIs left" in scene.text
    left = ", ".join(sorted(one.id for one in scene.branches()))
    assert f"Controller to delete 2 branch ENIs ({left}): what it leaves goes with the nodes" in scene.text


def test_branch_enis_of_pods_that_came_back_rest_as_long_as_the_others() -> None:
    # given pods that come back for a moment, 100 s after the first ones went, and a dead controller
    scene = ClusterScene()
    scene.run("web", 2)
    scene.kubernetes.controller.is_dead = True
    begin = scene.clock.now()
    back = GRACE_SECONDS + 100.5
    for step in range(20):
        scene.clock.at(begin + back + step / 10, partial(scene.kubernetes.uncordon, "node-0"))
    # when
    assert drained(scene) > 2
    # then
    assert scene.clock.now() - begin >= back + GRACE_SECONDS + COOLDOWN_SECONDS + AFTER_COOLDOWN_SECONDS


def test_wait_goes_on_while_the_controller_deletes_slowly() -> None:
    # given a controller that deletes one of nine branch ENIs every 40 s
    scene = ClusterScene()
    scene.run("web", 9)
    scene.kubernetes.controller.is_dead = True
    moment = scene.clock.now() + GRACE_SECONDS + COOLDOWN_SECONDS
    for number, one in enumerate(scene.branches(), 1):
        scene.clock.at(moment + 40.0 * number, partial(scene.ec2.region.remove, one.id))
    # when
    drained(scene)
    # then
    assert scene.branches() == []
    assert "the sweep after the nodes" not in scene.text


def test_thousand_branch_enis_on_fifty_nodes_are_gone_in_time() -> None:
    scene = ClusterScene(node_count=50)
    scene.run("web", 1000)
    assert len(scene.branches()) == 1000
    begin = scene.clock.now()
    assert drained(scene) == 1000
    assert scene.branches() == []
    seconds = scene.clock.now() - begin
    assert seconds <= GRACE_SECONDS + COOLDOWN_SECONDS + KUBERNETES_SHARE_SECONDS
    assert scene.ec2.throttled() == 0


PASSING = [
    refusal(ApiUnreachableError, 0),
    refusal(KubernetesCallError, 500),
    refusal(KubernetesCallError, 503),
    refusal(KubernetesCallError, 429),
]


@pytest.mark.parametrize("call", ["list nodes", "list pods", "patch nodes", "create pods/eviction"])
@pytest.mark.parametrize("error", PASSING, ids=lambda error: f"{type(error).__name__} {error.status}")
def test_api_that_fails_for_a_while_is_asked_again(call: str, error: KubernetesCallError) -> None:
    scene = ClusterScene()
    scene.run("web", 2)
    answers(scene, call, error, until=scene.clock.now() + 40.0)
    assert drained(scene) == 2
    assert scene.branches() == []
    assert call == "create pods/eviction" or "draining shop: not now" in scene.text


def test_api_that_fails_for_a_while_while_the_enis_rest_is_asked_again() -> None:
    # given pods that are gone just before the deadline, and an API that fails after it
    scene = ClusterScene()
    scene.run("web", 2)
    begin = scene.clock.now()
    down = begin + GRACE_SECONDS + 10
    scene.clock.at(down, lambda: setattr(scene.kubernetes, "is_unreachable", True))
    scene.clock.at(down + 20, lambda: setattr(scene.kubernetes, "is_unreachable", False))
    # when
    assert drained(scene, timeout=GRACE_SECONDS + 5) == 2
    # then
    assert scene.branches() == []


def test_api_that_never_answers_is_told_at_the_deadline() -> None:
    scene = ClusterScene()
    scene.run("web", 2)
    scene.kubernetes.is_unreachable = True
    begin = scene.clock.now()
    with pytest.raises(
        ApiUnreachableError, match=r"still fails after 10 min: no answer(?s:.)*command again when"
    ):
        drained(scene)
    assert scene.clock.now() - begin >= TIMEOUT
    assert len(scene.branches()) == 2


def test_api_that_never_answers_an_eviction_is_told_at_the_deadline() -> None:
    scene = ClusterScene()
    scene.run("web", 2)
    answers(scene, "create pods/eviction", refusal(ApiUnreachableError, 0))
    with pytest.raises(ApiUnreachableError):
        drained(scene)


FOR_GOOD: list[tuple[str, Callable[[], KubernetesCallError]]] = [
    ("list pods", lambda: refusal(ForbiddenError, 403)),
    ("patch nodes", lambda: refusal(ForbiddenError, 403)),
    ("create pods/eviction", lambda: refusal(ForbiddenError, 403)),
    ("list pods", lambda: refusal(KubernetesCallError, 400)),
]


@pytest.mark.parametrize(("call", "error"), FOR_GOOD)
def test_refusal_that_no_wait_helps_ends_the_drain_at_once(
    call: str, error: Callable[[], KubernetesCallError]
) -> None:
    scene = ClusterScene()
    scene.run("web", 2)
    begin = scene.clock.now()
    answers(scene, call, error())
    with pytest.raises(KubernetesCallError, match="not now"):
        drained(scene)
    assert scene.clock.now() == begin


def test_eviction_that_the_api_cannot_judge_is_named_at_the_deadline() -> None:
    # given two budgets for one pod, which the API answers with a server error
    scene = ClusterScene()
    scene.run("web", 1)
    answers(scene, "create pods/eviction", refusal(KubernetesCallError, 500, "more than one budget"))
    with pytest.raises(DeadlineError, match="the API answers: more than one budget"):
        drained(scene)


def test_vpc_that_ec2_does_not_know_stops_the_drain_before_any_pod() -> None:
    scene = ClusterScene()
    scene.run("web", 1)
    scene.ec2.region.vpc_ids.clear()
    with pytest.raises(StateError):
        drained(scene)
    assert scene.kubernetes.evictions == {}
    assert scene.kubernetes.cordons == {}
