"""The policy that `podsg enis iam` prints."""

from __future__ import annotations

from typing import Any

import pytest

from podsg.lifecycle.permissions import sweep_policy


def _by_sid(cluster_name: str) -> dict[str, dict[str, Any]]:
    return {one["Sid"]: one for one in sweep_policy(cluster_name)["Statement"]}


@pytest.mark.parametrize("cluster_name", ["", "dev"])
def test_nothing_but_lists_is_allowed_without_a_condition(cluster_name: str) -> None:
    free = [
        action for one in _by_sid(cluster_name).values() if "Condition" not in one for action in one["Action"]
    ]

    assert free
    assert [action for action in free if action.split(":")[1].startswith(("Describe", "List"))] == free


@pytest.mark.parametrize("cluster_name", ["", "dev"])
def test_only_interfaces_of_the_two_owners_may_be_deleted(cluster_name: str) -> None:
    deletions = [
        one for one in _by_sid(cluster_name).values() if "ec2:DeleteNetworkInterface" in one["Action"]
    ]

    assert deletions
    for one in deletions:
        owners = one["Condition"]["StringEquals"]["aws:ResourceTag/eks:eni:owner"]
        assert sorted(owners) == ["amazon-vpc-cni", "eks-vpc-resource-controller"]


def test_with_a_cluster_each_deletion_is_tied_to_it() -> None:
    marks = {
        sid: {key: value for key, value in one["Condition"]["StringEquals"].items() if "owner" not in key}
        for sid, one in _by_sid("dev").items()
        if "Condition" in one
    }

    assert marks == {
        "DeleteInterfaces": {"aws:ResourceTag/kubernetes.io/cluster/dev": "owned"},
        "DeleteInterfacesOfVpcCni": {"aws:ResourceTag/cluster.k8s.amazonaws.com/name": "dev"},
        "GatesDeleteClusterGroup": {"aws:ResourceTag/kubernetes.io/cluster/dev": "owned"},
    }


def test_without_a_cluster_only_groups_that_eks_made_may_be_deleted() -> None:
    condition = _by_sid("")["GatesDeleteClusterGroup"]["Condition"]

    assert condition == {"Null": {"aws:ResourceTag/aws:eks:cluster-name": "false"}}
