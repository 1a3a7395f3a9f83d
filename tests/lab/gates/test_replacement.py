"""A cluster that is replaced in an `up` passes the gates like one that is destroyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.lab.test_main_job import policy_group_ids

from .scene import DRAIN, NODE_SWEEP, WORKLOAD, Scene


def _deleted(steps: list[dict[str, Any]]) -> list[str]:
    """Return the names of what the engine deleted, in its order."""
    return [step["urn"].rpartition("::")[2] for step in steps if step["op"] == "delete-replaced"]


@contextmanager
def _key(stack: Scene) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Another key for the secrets of the cluster, which replaces it."""
    kms = stack.api("kms")
    key = kms.create_key()["KeyMetadata"]

    def encrypt(environment: dict[str, Any]) -> None:
        environment["cluster"]["key_arn"] = key["Arn"]

    yield encrypt
    kms.schedule_key_deletion(KeyId=key["KeyId"])


def test_a_replaced_cluster_passes_the_gates_in_order(stack: Scene) -> None:
    # given pods with branch ENIs
    stack.up()
    pods = len(stack.pods())
    groups, before = stack.cluster_groups(), stack.branch_enis()

    # when another key replaces the cluster
    with _key(stack) as encrypt:
        done = stack.up(encrypt, "--no-pods")
        again = stack.lab.json("up")

    # then everything on it goes before it, through the gates
    deleted = _deleted(done["steps"])
    order = [
        DRAIN,
        "dev-catalog-policy",
        WORKLOAD,
        "dev-namespace-catalog",
        "dev-workers-nodes",
        NODE_SWEEP,
        "dev-cluster-control-plane",
    ]
    assert [name for name in deleted if name in order] == order
    assert len(before) == pods
    assert not stack.branch_enis()

    # and comes back on the new one; of the old one nothing is left, and nothing is left to do
    assert policy_group_ids(stack.lab, "catalog", "catalog-rds-access")
    assert len(stack.cluster_groups()) == 1
    assert stack.cluster_groups() != groups
    assert again["steps"] == []
    stack.destroy()
    stack.assert_nothing_left()


@pytest.mark.parametrize("has_gate", [True, False])
def test_the_node_sweep_frees_the_group_of_a_replaced_cluster(stack: Scene, *, has_gate: bool) -> None:
    # given a branch ENI on a live trunk, with the security group that EKS deletes with its cluster
    stack.up(lambda _: None, "--no-pods")
    leaked, groups = stack.leak(on_live_node=True), stack.cluster_groups()
    if not has_gate:
        stack.without(NODE_SWEEP)

    # when the cluster is replaced
    with _key(stack) as encrypt:
        stack.up(encrypt, "--no-pods")

        # then both are gone only if the gate went before the cluster
        found = {one["NetworkInterfaceId"] for one in stack.branch_enis()}
        assert (leaked in found, set(groups) <= set(stack.cluster_groups())) == (not has_gate, not has_gate)

        # and at the latest the last sweep takes them
        stack.destroy()
    stack.assert_nothing_left()
