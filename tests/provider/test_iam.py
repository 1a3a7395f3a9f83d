"""The printed policy allows exactly the calls that gates, preflight and `podsg enis` make."""

from __future__ import annotations

import ast
from pathlib import Path

import boto3
import pytest
from botocore import xform_name

import podsg
from podsg.lifecycle.permissions import sweep_policy

SOURCES = (
    "cli/enis.py",
    "lifecycle/drain.py",
    "lifecycle/inventory.py",
    "lifecycle/ownership.py",
    "lifecycle/sweep.py",
    "lifecycle/workload_removal.py",
    "provider/any_cluster.py",
    "provider/gate_account.py",
    "provider/gates.py",
    "provider/preflight.py",
)
OF_THE_PORT = {"vpc_exists": "ec2:DescribeVpcs"}
FREE = {"sts:GetCallerIdentity"}
"""Nobody needs a right for it. Source: STS API reference, GetCallerIdentity."""


def _operations() -> dict[str, str]:
    """Return the IAM action of each method that a boto3 client in use has."""
    found = dict(OF_THE_PORT)
    for service in ("ec2", "eks", "rds"):
        client = boto3.client(service, region_name="us-west-2")
        for operation in client.meta.service_model.operation_names:
            found.setdefault(xform_name(operation), f"{service}:{operation}")
    return found


def _called() -> set[str]:
    operations, package = _operations(), Path(podsg.__file__).parent
    names = {
        node.attr
        for source in SOURCES
        for node in ast.walk(ast.parse((package / source).read_text()))
        if isinstance(node, ast.Attribute)
    }
    return {operations[name] for name in names & operations.keys()}


@pytest.mark.parametrize("cluster", ["", "dev"])
def test_every_call_is_allowed_and_no_other(cluster: str) -> None:
    allowed = {action for one in sweep_policy(cluster)["Statement"] for action in one["Action"]}

    assert allowed == _called() - FREE


@pytest.mark.parametrize("cluster", ["", "dev"])
def test_every_deletion_is_fenced_by_tags(cluster: str) -> None:
    statements = sweep_policy(cluster)["Statement"]
    writing = [
        one
        for one in statements
        if any(not action.partition(":")[2].startswith(("Describe", "List")) for action in one["Action"])
    ]

    assert writing
    for one in writing:
        keys = [key for condition in one["Condition"].values() for key in condition]
        assert [key for key in keys if key.startswith("aws:ResourceTag/")]
        assert not cluster or any("kubernetes.io/cluster/dev" in key or "cluster.k8s" in key for key in keys)
