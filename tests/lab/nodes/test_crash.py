"""The status of an aws-node pod that crashes."""

from __future__ import annotations

import datetime as dt

from lab.nodes.crash import back_off_seconds, crashed, has_crashed, recovered, seconds_until_start
from tests.lab.nodes.builders import pod

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)


def test_restarts_grow_and_so_does_the_wait() -> None:
    # given an aws-node pod that was never started
    agent = pod("aws-node-1", container="aws-node")
    agent["spec"]["containers"].append({"name": "aws-eks-nodeagent", "image": "agent"})
    assert not has_crashed(agent)
    assert seconds_until_start(agent, NOW) == 0

    # when it crashes, then again after the wait
    waits = []
    for _ in range(3):
        agent.update(crashed(agent, "wrong mode", NOW))
        waits.append(seconds_until_start(agent, NOW))

    # then the kubelet waits longer each time, and says so
    assert waits == [10, 20, 40]
    own, other = agent["status"]["containerStatuses"]
    assert (own["restartCount"], own["ready"], other["ready"]) == (3, False, True)
    assert own["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert own["lastState"]["terminated"]["message"] == "wrong mode"
    assert has_crashed(agent)
    assert seconds_until_start(agent, NOW + dt.timedelta(seconds=41)) == 0


def test_the_wait_has_an_end() -> None:
    assert back_off_seconds(6) == back_off_seconds(60) == 300


def test_being_scheduled_stays_known() -> None:
    scheduled = {"type": "PodScheduled", "status": "True"}
    agent = pod("aws-node-1", container="aws-node")
    agent["status"]["conditions"] = [{"type": "Ready", "status": "True"}, scheduled]
    agent.update(crashed(agent, "wrong mode", NOW))
    conditions = {each["type"]: each["status"] for each in agent["status"]["conditions"]}
    assert conditions == {"PodScheduled": "True", "Ready": "False", "ContainersReady": "False"}
    assert recovered(agent)["status"]["conditions"] == [scheduled]
