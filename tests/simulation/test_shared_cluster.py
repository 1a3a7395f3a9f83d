from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from podsg.errors import DeadlineError
from podsg.lifecycle.calls import RetryingEc2
from podsg.lifecycle.objects import Policy
from podsg.model.removal import OnRemove
from podsg.provider.gate_account import GateAccount
from podsg.provider.gates import drain_gate, sweep_gate, workload_gate
from tests.simulation.bystanders import Bystanders
from tests.simulation.decoys import CLUSTER, DECOYS, OWNER, Yard
from tests.simulation.gates import run
from tests.simulation.kubernetes import SimulatedKubernetes, Workload

COMMON = {"cluster_name": CLUSTER, "owner": OWNER, "timeout_minutes": 10}
DRAIN = {"scope": "none", "preflight": False}
SWEEPS = tuple({"stage": stage, "group_scope": True} for stage in ("nodes", "last"))


class Api(SimulatedKubernetes):
    def cooldown_seconds(self) -> float:
        return self.controller.cooldown_seconds


class Shared:
    """A cluster of somebody else among all decoys, with pods of this stack and of another one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.yard = Yard.laid_out()
        for decoy in DECOYS:
            self.yard.place(decoy)
        groups = self.yard.groups
        self.api = Api(self.yard.ec2, self.yard.subnet_id, groups["cluster"], CLUSTER)
        for _ in range(2):
            self.api.add_node()
        self.start("bank", groups["other"])
        self.yard.clock.sleep(600.0)
        self.bystanders = Bystanders(self.yard.ec2.region)
        self.start("web", groups["pod"])
        self.leftover = self.yard.leftover()
        monkeypatch.setattr(GateAccount, "of", self._account)

    def start(self, name: str, group_id: str) -> None:
        labels = {"app": name}
        selector = {"matchLabels": labels}
        self.api.apply(Policy("shop", name, group_ids=(group_id,), pod_selector=selector))
        self.api.apply(Workload("shop", name, 3, labels=labels))
        self.api.settle()

    def workload(self, on_remove: OnRemove) -> dict[str, Any]:
        return {"workload": "web", "group_ids": [self.yard.groups["pod"]], "on_remove": on_remove.value}

    def _account(self, inputs: Mapping[str, Any]) -> GateAccount:
        api = self.api

        class Account(GateAccount):
            def kubernetes(self) -> Any:
                return api

        return Account(inputs, lambda _: None, self._ec2, self.yard.clock)

    def act(self, gate: Any, inputs: Mapping[str, Any]) -> None:
        """Run a gate; what it waits for without end are decoys with its group."""

        def acts(yard: Yard, ec2: RetryingEc2) -> None:
            self._ec2 = ec2
            gate({**COMMON, "vpc_id": yard.vpc_id, **inputs})

        assert all(isinstance(error, DeadlineError) for error in run(acts, self.yard))


@pytest.mark.parametrize("on_remove", [OnRemove.RESTART, OnRemove.WAIT])
def test_gates_of_a_stack_evict_no_pod_of_another_one(
    on_remove: OnRemove, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a workload that goes from a shared cluster, with its policy
    shared = Shared(monkeypatch)
    shared.api.delete_policy("shop/web")
    # when every gate of its stack works
    shared.act(workload_gate, shared.workload(on_remove))
    shared.act(drain_gate, DRAIN)
    for sweep in SWEEPS:
        shared.act(sweep_gate, sweep)
    # then
    restarts = {"shop/web": 3} if on_remove is OnRemove.RESTART else {}
    assert shared.api.evictions == restarts
    assert shared.api.cordons == {}
    assert shared.bystanders.breaches() == []
    assert {call.target for call in shared.yard.ec2.log if call.is_write} == {shared.leftover}
    assert len([pod for pod in shared.api.pods_of("shop/bank") if pod.branch_eni_ids]) == 3
