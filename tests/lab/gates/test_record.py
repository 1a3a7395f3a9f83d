"""What the engine records: the order of a destroy, and changes that drain nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.engine import Engine

from .scene import DRAIN, LAST_SWEEP, NODE_SWEEP, WORKLOAD, Scene

NODES, CLUSTER, POLICY = "dev-workers-nodes", "dev-cluster-control-plane", "dev-catalog-policy"
NAMESPACE, PROVIDER, DATABASE = "dev-namespace-catalog", "dev-kubernetes", "dev-catalog-instance"
ADMIN = "dev-cluster-admin-podsg-lab-25cff0dc"
GROUPS = ("dev-node", "dev-pod-catalog", "dev-database-catalog")
SUBNETS = tuple(f"dev-network-{kind}-{number}" for kind in ("private", "public") for number in (1, 2, 3))
RULES = ("dev-catalog-database-catalog-ingress", "dev-catalog-dns-udp-egress", "dev-catalog-dns-tcp-ingress")

# `later` is deleted before `earlier`.
ORDERED_PAIRS = (
    *((DRAIN, earlier) for earlier in (NODES, POLICY, NAMESPACE, *RULES, "dev-coredns", DATABASE)),
    (NODE_SWEEP, CLUSTER),
    (NODES, NODE_SWEEP),
    *((LAST_SWEEP, earlier) for earlier in (*GROUPS, *SUBNETS)),
    (CLUSTER, LAST_SWEEP),
    (DATABASE, LAST_SWEEP),
    (PROVIDER, ADMIN),
    (PROVIDER, f"{ADMIN}-policy"),
    (NAMESPACE, NODES),
    (NODES, "dev-network-nat-1"),
    *((NODES, f"dev-network-private-{number}-to-nat") for number in (1, 2, 3)),
    (NODES, "dev-cluster-vpc-cni"),
    *((NODES, f"dev-workers-role-{role}") for role in ("worker-node", "cni", "registry")),
    (CLUSTER, "dev-cluster-role-vpc-resource-controller"),
    (POLICY, WORKLOAD),
    (WORKLOAD, "dev-pod-catalog"),
)


class Recorded:
    """The graph in the engine's record: dependencies, property dependencies and providers."""

    def __init__(self, resources: list[dict[str, Any]]) -> None:
        self._earlier: dict[str, set[str]] = {}
        self._urns: dict[str, str] = {}
        for one in resources:
            through = {urn for urns in one.get("propertyDependencies", {}).values() for urn in urns or ()}
            provider = one.get("provider", "").rpartition("::")[0]
            self._earlier[one["urn"]] = {*one.get("dependencies", ()), *through, provider} - {""}
            if one["custom"]:
                self._urns[one["urn"].rpartition("::")[2]] = one["urn"]

    def all_before(self, later: str) -> set[str]:
        seen: set[str] = set()
        still = [self._urns[later]]
        while still:
            new = self._earlier.get(still.pop(), set()) - seen
            seen |= new
            still += new
        return {urn.rpartition("::")[2] for urn in seen}


def _standard(environment: dict[str, Any]) -> None:
    environment["cluster"]["vpc_cni"] |= {"enforcing_mode": "standard"}


def _one_more(environment: dict[str, Any]) -> None:
    environment["workloads"]["ui"] = {"namespace": "ui", "pod_selector": {"app": "ui"}}


def _another_type(environment: dict[str, Any]) -> None:
    environment["node_groups"]["more"] = {"instance_types": ["m5.xlarge"], "desired_count": 1}


def _another_login(environment: dict[str, Any]) -> None:
    environment["cluster"]["login"] = {
        "args": ["eks", "get-token", "--cluster-name", "{cluster_name}", "--output", "json"]
    }


def _as_of_older_version(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the gates what an older version recorded; null stands for the value of this stack."""
    older = json.loads(OLDER.read_text())
    gates = [one for one in resources if one["urn"].rpartition("::")[2] in older]
    assert len(gates) == len(older)
    for gate in gates:
        for kind, recorded in older[gate["urn"].rpartition("::")[2]].items():
            gate[kind] = {key: gate[kind][key] if value is None else value for key, value in recorded.items()}
    return resources


def _steps(engine: Engine, stack: Scene, edit: Callable[[dict[str, Any]], None]) -> set[str]:
    """Change the environment, and return what was replaced or deleted."""
    stack.lab.change(edit)
    engine.up()
    steps = [event.resource_pre_event for event in engine._events if event.resource_pre_event is not None]
    return {
        step.metadata.urn.rpartition("::")[2]
        for step in steps
        if str(step.metadata.op).rpartition(".")[2].lower() not in QUIET
    }


OLDER = Path(__file__).resolve().parents[2] / "upgrade" / "gates-0.0.0.json"
QUIET = {"same", "update", "create", "read", "refresh", "optype.same", "optype.update", "optype.create"}


def test_order_and_changes(stack: Scene) -> None:
    # given an environment with running pods
    stack.up()
    recorded = Recorded(stack.resources())

    # then each pair is a dependency path, in this direction only
    for later, earlier in ORDERED_PAIRS:
        assert earlier in recorded.all_before(later), f"{later} does not wait for {earlier}"
        assert later not in recorded.all_before(earlier)

    # and changes that are none of the cluster itself drain nothing
    before = {pod["metadata"]["uid"] for pod in stack.pods()}
    assert stack.evictions() == 0
    for edit in (_standard, _one_more, _another_type, _another_login):
        assert _steps(stack.engine, stack, edit) == set(), edit.__name__
        assert stack.evictions() == 0
    assert {pod["metadata"]["uid"] for pod in stack.pods()} == before

    # as does a record that an older version of podsg has written
    stack.change_record(_as_of_older_version)
    engine = stack.engine
    assert _steps(engine, stack, lambda _: None) == set()
    assert engine._changes()["update"] >= len((DRAIN, NODE_SWEEP, LAST_SWEEP, WORKLOAD))
    assert stack.evictions() == 0

    # which a destroy understands too
    stack.change_record(_as_of_older_version)
    stack.destroy()
    stack.assert_nothing_left()
