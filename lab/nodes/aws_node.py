"""aws-node of one node: it starts or crashes, asks for a trunk ENI, and keeps addresses for pods.

What aws-node asks at its start and all that it changes are calls in its own role; between them it knows its
ENIs from instance metadata, which the lab reads for it.

Not played: the tags of the primary ENI, prefix delegation, IPv6, subnet discovery (new ENIs go to the primary
ENI's subnet), the 30 s for which a returned address rests, the return of spare addresses and ENIs, and the
change of groups of ENIs that exist. The pool is looked at when pods come and go instead of every 5 s.
Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go`, `docs/` and README.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from lab.nodes.api import ApiError
from lab.nodes.caller import acting_as
from lab.nodes.cluster import Cluster
from lab.nodes.datastore import AssignAddresses, Datastore, Interface, Step
from lab.nodes.eni_config import DEFAULT_NAME, eni_config_name
from lab.nodes.events import Events
from lab.nodes.features import CUSTOM_NETWORKING, SECURITY_GROUPS_FOR_PODS, has_feature, with_feature
from lab.nodes.instance_types import InstanceTypes
from lab.nodes.interfaces import Interfaces, Placement
from lab.nodes.machines import Machine
from lab.nodes.objects import Object
from lab.nodes.settings import Settings

LOG = logging.getLogger(__name__)
EMPTY_POOL = "Failed to attach any ENIs for custom networking"
NO_POOL = "Initialization failure: error while trying to increase datastore pool"
NO_ENIS = "Initialization failure: ipamd init: failed to retrieve attached ENIs info: "
UNAUTHORIZED = "UnauthorizedOperation"
_STEPS = 16
"""No instance type needs more changes of its ENIs in a row."""
_FULL = {"InsufficientFreeAddressesInSubnet", "PrivateIpAddressLimitExceeded"}
"""Refusals of more addresses that do not keep aws-node from starting.

Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (increaseDatastorePool, tryAssignIPs).
"""


class StartError(Exception):
    """aws-node ends instead of starting."""


@dataclass(frozen=True)
class Place:
    """Say which aws-node acts: the machine, its Node, its pod and its settings."""

    machine: Machine
    node: Object
    pod: Object
    settings: Settings


class AwsNode:
    """Act as the aws-node of any node; it keeps nothing between two calls."""

    def __init__(self, cluster: Cluster, interfaces: Interfaces, types: InstanceTypes, told: Events) -> None:
        self._cluster, self._interfaces, self._types, self._events = cluster, interfaces, types, told

    def discover(self, place: Place) -> None:
        """Ask EC2 for the node's ENIs, as every start does.

        Raises:
            StartError: aws-node has no credentials, or its role does not allow the call.
            botocore.exceptions.ClientError: EC2 refused otherwise.

        Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (nodeInit), `pkg/awsutils/awsutils.go`
            (DescribeAllENIs).
        """
        try:
            with acting_as(place.machine.credentials):
                self._interfaces.of(place.machine.instance_id)
        except NoCredentialsError as error:
            raise StartError(f"{NO_ENIS}{error}") from error
        except ClientError as error:
            if error.response["Error"]["Code"] != UNAUTHORIZED:
                raise
            self._events.permission_missing(place.pod, error.operation_name)
            raise StartError(f"{NO_ENIS}{error}") from error

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

    def fill(self, place: Place, store: Datastore, *, starting: bool = False) -> Datastore:
        """Add addresses and ENIs until enough are spare, or no more can be had; EC2's refusals are logged.

        Args:
            starting: aws-node is not running yet.

        Returns:
            The node's addresses afterwards.

        Raises:
            StartError: While it starts, EC2 refuses addresses for an ENI though there are some.
        """
        for _ in range(_STEPS):
            step = store.next_step()
            if step is None:
                break
            try:
                if not self._take(place, store, step):
                    break
                store = self.datastore(place, store.used)
            except (BotoCoreError, ClientError) as error:
                LOG.warning("%s: adding addresses: %s", place.machine.name, error)
                code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
                if code == UNAUTHORIZED and isinstance(error, ClientError):
                    self._events.permission_missing(place.pod, error.operation_name)
                if starting and isinstance(step, AssignAddresses) and code not in _FULL:
                    raise StartError(NO_POOL) from error
                break
        return store

    def _take(self, place: Place, store: Datastore, step: Step) -> bool:
        """Take one step in the name of aws-node's role; False if it is not known where a new ENI goes."""
        with acting_as(place.machine.credentials):
            if isinstance(step, AssignAddresses):
                self._interfaces.assign(step.interface_id, step.count)
            elif (placement := self._placement(place, store)) is not None:
                self._interfaces.add(placement, step.count)
            else:
                return False
        return True

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
