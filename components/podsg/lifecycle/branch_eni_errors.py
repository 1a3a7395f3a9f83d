"""What goes wrong with explicit branch ENIs, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from podsg.errors import (
    AwsError,
    CapacityError,
    Explanation,
    NotFoundError,
    StateError,
    TrunkCallNotOpenError,
)
from podsg.lifecycle.eni_states import BranchEniSpec
from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.vlans import HIGHEST_VLAN

REFERENCE: Final = "docs/reference/branch-eni.md"


def not_open(spec: BranchEniSpec, error: AwsError) -> TrunkCallNotOpenError:
    """Tell that the account may not make the trunk call."""
    return TrunkCallNotOpenError(
        Explanation(
            f"branch ENI {spec.name}",
            f"EC2 refuses AssociateTrunkInterface ({error.explanation.problem})",
            "EKS makes this call with a role of its own, and most accounts cannot make it.",
            "let the VPC Resource Controller make the branch ENI: select the pods with a SecurityGroupPolicy"
            " (podsg.resources.SecurityGroupsForPods), or ask AWS to open the call to your account.",
            REFERENCE,
        )
    )


def no_vlan(spec: BranchEniSpec, used: set[int]) -> CapacityError:
    """Tell that a trunk has no VLAN that would do."""
    wanted = f"VLAN {spec.vlan_id}" if spec.vlan_id else f"one of {HIGHEST_VLAN} VLANs"
    return CapacityError(
        Explanation(
            f"branch ENI {spec.name}",
            f"wants {wanted} on {spec.trunk_eni_id}, which has {len(used)} branches; it is taken",
            "a branch needs a VLAN of its own.",
            "leave vlan_id out, or take another trunk.",
            REFERENCE,
        )
    )


def gone(eni_id: str) -> NotFoundError:
    """Tell that an interface is not there."""
    return NotFoundError(
        Explanation(
            eni_id,
            "EC2 in this account and region does not know it",
            "it has to be there for this operation.",
            "look at region and credentials; if somebody deleted it, run `pulumi refresh`.",
            REFERENCE,
        )
    )


def foreign(spec: BranchEniSpec, problem: str) -> StateError:
    """Tell that an interface is somebody else's, or in another place."""
    return StateError(
        Explanation(
            f"branch ENI {spec.name}",
            problem,
            "what belongs to somebody else, or to another place, is never changed.",
            "name another interface in adopt_eni_id, or delete this one from the state.",
            REFERENCE,
        )
    )


def no_trunk(spec: BranchEniSpec, found: NetworkInterface) -> StateError:
    """Tell that an interface that is to carry a branch is no trunk."""
    return StateError(
        Explanation(
            f"branch ENI {spec.name}",
            f"trunk_eni_id: found {found.id}, of type {found.interface_type}; allowed: a trunk ENI",
            "only a trunk carries branches.",
            "name the interface of the node whose description is aws-k8s-trunk-eni.",
            REFERENCE,
        )
    )


def named_twice(spec: BranchEniSpec, eni_ids: Collection[str]) -> StateError:
    """Tell that another resource of the stack has what this one would take over."""
    return StateError(
        Explanation(
            f"branch ENI {spec.name}",
            f"another resource of {spec.owner} records {', '.join(sorted(eni_ids))} under this name;"
            " allowed: one",
            "two resources with one interface would change and delete it in turn.",
            "give each branch ENI of a stack a logical name of its own.",
            REFERENCE,
        )
    )


def tokens_used_up(spec: BranchEniSpec, count: int) -> StateError:
    """Tell that EC2 remembers too many interfaces of this name."""
    return StateError(
        Explanation(
            f"branch ENI {spec.name}",
            f"EC2 remembers {count} interfaces of this name that are gone; limit: {count}",
            "a token that EC2 remembers makes no new interface.",
            "change its logical name, or wait a day.",
            REFERENCE,
        )
    )
