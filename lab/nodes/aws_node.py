"""aws-node of one node: it starts or crashes, asks for a trunk ENI, and keeps addresses for pods.

Not played: prefix delegation, IPv6, subnet discovery (new ENIs go to the primary ENI's subnet), the 30 s for
which a returned address rests, the return of spare addresses and ENIs, and the change of groups of ENIs that
exist. The pool is looked at when pods come and go instead of every 5 s.
Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go`, `docs/` and README.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError

from lab.nodes.api import ApiError
from lab.nodes.cluster import Cluster
from lab.nodes.datastore import AssignAddresses, Datastore, Interface
from lab.nodes.eni_config import DEFAULT_NAME, eni_config_name
from lab.nodes.features import CUSTOM_NETWORKING, SECURITY_GROUPS_FOR_PODS, has_feature, with_feature
from lab.nodes.instance_types import InstanceTypes
from lab.nodes.interfaces import Interfaces, Placement
from lab.nodes.machines import Machine
from lab.nodes.objects import Object
from lab.nodes.settings import Settings

LOG = logging.getLogger(__name__)
EMPTY_POOL = "Failed to attach any ENIs for custom networking"
_STEPS = 16
"""No instance type needs more changes of its ENIs in a row."""


@dataclass(frozen=True)
class Place:
    """Say which aws-node acts: the machine, its Node and its settings."""

    machine: Machine
    node: Object
    settings: Settings


class AwsNode:
    """Act as the aws-node of any node; it keeps nothing between two calls."""

    def __init__(self, cluster: Cluster, interfaces: Interfaces, types: InstanceTypes) -> None:
        self._cluster, self._interfaces, self._types = cluster, interfaces, types

    def datastore(self, place: Place, used: Iterable[str]) -> Datastore:
        """Return the addresses of a node as EC2 has them now.

        Raises:
            botocore.exceptions.ClientError: EC2 refused.
        """
        machine = place.machine
        return Datastore(
            interfaces=self._interfaces.of(machine.instance_id),
            used=frozenset(used),
            size=self._types.get(machine.instance_type),
            settings=place.settings,
            max_pods=machine.max_pods,
        )

    def ask_for_custom_networking(self, place: Place) -> bool:
        """Tell the VPC Resource Controller the ENIConfig; False while the node has no CNINode.

        Only with a trunk ENI wanted and a name other than `default` there is anything to tell.

        Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (nodeInit).
        """
        name = eni_config_name(place.node, place.settings)
        if not (place.settings.custom_networking and place.settings.pod_eni) or name == DEFAULT_NAME:
            return True
        return self._ask(place, CUSTOM_NETWORKING, name)

    def ask_for_trunk(self, place: Place, store: Datastore) -> bool:
        """Ask the VPC Resource Controller for a trunk ENI; False while that is not possible.

        Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (tryEnableSecurityGroupsForPods).
        """
        if store.has_trunk:
            return True
        return store.has_room_for_trunk and self._ask(place, SECURITY_GROUPS_FOR_PODS)

    def has_asked_for_trunk(self, place: Place) -> bool:
        """Say whether the node's CNINode holds the feature."""
        cni_node = self._cluster.cni_nodes.get(place.machine.name)
        return cni_node is not None and has_feature(cni_node, SECURITY_GROUPS_FOR_PODS)

    def fill(self, place: Place, store: Datastore) -> Datastore:
        """Add addresses and ENIs until enough are spare, or no more can be had; EC2's refusals are logged.

        Returns:
            The node's addresses afterwards.
        """
        for _ in range(_STEPS):
            step = store.next_step()
            if step is None:
                break
            try:
                if isinstance(step, AssignAddresses):
                    self._interfaces.assign(step.interface_id, step.count)
                elif (placement := self._placement(place, store)) is not None:
                    self._interfaces.add(placement, step.count)
                else:
                    break
                store = self.datastore(place, store.used)
            except (BotoCoreError, ClientError) as error:
                LOG.warning("%s: adding addresses: %s", place.machine.name, error)
                break
        return store

    def _ask(self, place: Place, feature: str, value: str = "") -> bool:
        cni_node = self._cluster.cni_nodes.get(place.machine.name)
        if cni_node is None:
            return False
        if not has_feature(cni_node, feature, value):
            try:
                self._cluster.change_cni_node(cni_node, with_feature(cni_node, feature, value))
            except ApiError as error:
                if error.status not in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
                    raise
                return False
        return True

    def _placement(self, place: Place, store: Datastore) -> Placement | None:
        """Say where a new ENI goes; None if the node's ENIConfig is missing."""
        primary = next(each for each in store.interfaces if each.device_index == 0)
        subnet_id, group_ids = primary.subnet_id, primary.group_ids
        if place.settings.custom_networking:
            found = self._cluster.eni_configs.get(eni_config_name(place.node, place.settings))
            if found is None:
                return None
            subnet_id, group_ids = _of_config(found, primary)
        return Placement(
            instance_id=place.machine.instance_id,
            subnet_id=subnet_id,
            group_ids=group_ids,
            device_index=store.free_device_index,
            cluster_name=place.settings.cluster_name,
        )


def _of_config(eni_config: Object, primary: Interface) -> tuple[str, tuple[str, ...]]:
    """Return subnet and groups of an ENIConfig; without groups, those of the primary ENI.

    Source: aws/amazon-vpc-cni-k8s `pkg/awsutils/awsutils.go` (createENIUsingCustomCfg).
    """
    spec = eni_config["spec"]
    return spec["subnet"], tuple(spec.get("securityGroups") or primary.group_ids)
