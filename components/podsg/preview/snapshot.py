"""The picture of an environment from what the engine tells of a stack: an export, or a preview."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from podsg.manifests import snapshot_of
from podsg.model.snapshot import Maybe, PodSet, Policy, ServiceAccount, Snapshot, Unknown, VpcCni
from podsg.preview.cluster_snapshot import cluster, fargate_profiles, node_groups, vpc_cni
from podsg.preview.kubernetes_objects import documents
from podsg.preview.network_snapshot import GROUP, security_groups, subnets
from podsg.preview.references import References
from podsg.preview.resources import Resource

Item = TypeVar("Item")
_POD_IDENTITY: Final = "aws:eks/podIdentityAssociation:PodIdentityAssociation"


def snapshot_of_stack(resources: Sequence[Resource]) -> Snapshot:
    """Picture the environment that a stack makes.

    What other stacks make is not in it. A resource that is not there yet goes by its name in the program.

    Args:
        resources: All resources of the stack.

    Example:
        >>> snapshot_of_stack([]).policies
        ()
    """
    references = References(resources)
    objects = snapshot_of(documents(resources))
    by_urn = {one.urn: one for one in resources}
    return replace(
        objects,
        cluster=cluster(references),
        vpc_cni=_with_cooldown(vpc_cni(references), objects.vpc_cni),
        node_groups=node_groups(references),
        fargate_profiles=fargate_profiles(references),
        subnets=subnets(references),
        security_groups=security_groups(references),
        policies=_each(objects.policies, lambda one: _policy(references, by_urn[one.place.urn], one)),
        pod_sets=_each(objects.pod_sets, lambda one: _pods(references, by_urn[one.place.urn], one)),
        service_accounts=_each(objects.service_accounts, lambda one: _account(references, one)),
    )


def _with_cooldown(addon: Maybe[VpcCni], objects: Maybe[VpcCni]) -> Maybe[VpcCni]:
    """Return the VPC CNI of the add-on, else of its DaemonSet, with the cool-down of the ConfigMap."""
    if isinstance(objects, Unknown):
        return addon
    if isinstance(addon, Unknown):
        return objects
    return replace(addon, cooldown=objects.cooldown)


def _each(items: Maybe[tuple[Item, ...]], change: Callable[[Item], Item]) -> Maybe[tuple[Item, ...]]:
    return items if isinstance(items, Unknown) else tuple(map(change, items))


def _policy(references: References, resource: Resource, policy: Policy) -> Policy:
    groups = policy.group_ids
    if not isinstance(groups, Unknown):
        groups = references.resolved(resource, "spec", GROUP, groups)
    return replace(policy, group_ids=groups, depends_on=references.names_before(resource))


def _pods(references: References, resource: Resource, pods: PodSet) -> PodSet:
    return replace(pods, depends_on=references.names_before(resource))


def _account(references: References, account: ServiceAccount) -> ServiceAccount:
    associated = {
        (one.value("namespace"), one.value("serviceAccount")) for one in references.of_type(_POD_IDENTITY)
    }
    return (
        replace(account, has_pod_identity=True)
        if (account.namespace, account.name) in associated
        else account
    )
