"""The instances of one node group: started, waited for, drained, ended; nothing waits with the lock held.

Source: EKS user guide, "Managed node groups", "Delete a managed node group from your cluster" (five minutes),
"Understand each phase of node updates" (fifteen minutes); EKS API reference, Issue.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubernetes.client import ApiException
from moto.ec2.exceptions import EC2ClientError
from urllib3.exceptions import HTTPError

from lab.aws.ec2.launching import instance_of, launch_instance, terminate_instances
from lab.aws.eks.kubernetes_nodes import KubernetesNodes
from lab.aws.eks.machines import node_name, state_of
from lab.aws.eks.node_spec import LaunchTemplateError, NodeSpec, node_spec
from lab.aws.eks.state import Machine
from lab.aws.eks.ways_out import has_way_out, public_without_addresses
from lab.aws.lock import BACKEND_LOCK
from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lab.aws.eks.backend import LabEKSBackend
    from lab.aws.eks.state import Cluster, Description

JOIN_SECONDS = 120.0
NO_WAY_OUT_SECONDS = 30.0
"""EKS waits for its full bound: a route may still come. The lab waits long enough for one made meanwhile."""
NO_WAY_OUT_VARIABLE = "PODSG_LAB_NO_WAY_OUT_SECONDS"
DRAIN_SECONDS = 300.0
DRAIN_VARIABLE = "PODSG_LAB_DRAIN_SECONDS"
UPDATE_DRAIN_SECONDS = 900.0
POLL_SECONDS = 0.25
UNREACHABLE = (LabError, ApiException, HTTPError, OSError)

_ADDRESSING = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html#subnet-public-ip"
_ISSUES = {
    "InsufficientFreeAddressesInSubnet": "InsufficientFreeAddresses",
    "InvalidSubnetID.NotFound": "Ec2SubnetNotFound",
    "InvalidSecurityGroupID.NotFound": "Ec2LaunchTemplateInvalidConfiguration",
    "InvalidGroup.NotFound": "Ec2LaunchTemplateInvalidConfiguration",
    "SecurityGroupsPerInterfaceLimitExceeded": "Ec2LaunchTemplateInvalidConfiguration",
    "InvalidParameterValue": "Ec2LaunchTemplateInvalidConfiguration",
    "InstanceLimitExceeded": "InstanceLimitExceeded",
}


class FleetError(Exception):
    """Instances could not be started or did not join.

    Args:
        code: Code of the issue.
        message: EKS's or EC2's words.
        resource_ids: What is concerned.
    """

    def __init__(self, code: str, message: str, resource_ids: Collection[str] = ()) -> None:
        super().__init__(message)
        self.code, self.message, self.resource_ids = code, message, list(resource_ids)

    @property
    def issue(self) -> Description:
        """Return the issue that DescribeNodegroup shows."""
        return {"code": self.code, "message": self.message, "resourceIds": self.resource_ids}

    @property
    def error(self) -> Description:
        """Return the error that DescribeUpdate shows."""
        code = self.code if self.code in _UPDATE_ERRORS else "Unknown"
        return {"errorCode": code, "errorMessage": self.message, "resourceIds": self.resource_ids}


_UPDATE_ERRORS = {"NodeCreationFailure", "PodEvictionFailure", "InsufficientFreeAddresses", "AccessDenied"}


class FleetGoneError(Exception):
    """The cluster or the node group is not what it was: whoever works on it stops."""


@dataclass(frozen=True)
class Fleet:
    """Act on the instances of one node group."""

    backend: LabEKSBackend
    cluster: Cluster
    nodegroup: Description

    @property
    def name(self) -> str:
        """Return the node group's name."""
        return str(self.nodegroup["nodegroupName"])

    @property
    def machine_ids(self) -> list[str]:
        """Return the instances that are there to stay, oldest first."""
        region = self.backend.region_name
        with BACKEND_LOCK:
            own = [key for key, each in self.cluster.machines.items() if each.nodegroup == self.name]
            return [each for each in own if state_of(region, each) in {"pending", "running"}]

    def node_names(self, machine_ids: Collection[str]) -> list[str]:
        """Return the names of the Nodes of instances."""
        with BACKEND_LOCK:
            return [node_name(self.backend.region_name, each) for each in machine_ids]

    def check(self, status: str) -> None:
        """Make sure that the node group is still there.

        Args:
            status: What it has to read.

        Raises:
            FleetGoneError: It or its cluster has gone or reads otherwise, or the lab is about to end.
        """
        known = self.backend.clusters.get(self.cluster.name) is self.cluster
        present = self.cluster.nodegroups.get(self.name) is self.nodegroup
        running = self.cluster.control_plane is not None
        if not known or not present or not running or self.nodegroup["status"] != status:
            raise FleetGoneError(self.name)

    @contextmanager
    def nodes(self) -> Iterator[KubernetesNodes]:
        """Give access to the Nodes of the cluster."""
        if (plane := self.cluster.control_plane) is None:
            raise FleetGoneError(self.name)
        with plane.administration() as admin:
            yield KubernetesNodes(admin)

    def check_subnets(self, data: Description) -> None:
        """Refuse public subnets without automatic addresses, unless the launch template decides on them.

        Raises:
            FleetError: There are some.

        Source: sassoftware/viya4-iac-aws issue 271; EKS user guide, "Create a managed node group".
        """
        if any("AssociatePublicIpAddress" in each for each in data.get("NetworkInterfaces", ())):
            return
        place = (self.backend.account_id, self.backend.region_name)
        with BACKEND_LOCK:
            found = public_without_addresses(*place, self.nodegroup["subnets"])
        if found:
            problem = (
                f"One or more Amazon EC2 Subnets of [{', '.join(found)}] for node group {self.name} does not "
                "automatically assign public IP addresses to instances launched into it. If you want your "
                "instances to be assigned a public IP address, then you need to enable auto-assign public IP "
                f"address for the subnet. See IP addressing in VPC guide: {_ADDRESSING}"
            )
            raise FleetError("Ec2SubnetInvalidConfiguration", problem, found)

    def launch(self, count: int, wanted: Description, data: Description) -> list[str]:
        """Start instances, each in the subnet that has the fewest of the node group.

        Args:
            count: How many.
            wanted: The node group as it shall be.
            data: Data of its launch template.

        Raises:
            FleetError: EC2 refuses one; those before it run.
            FleetGoneError: The node group has gone, or is to be deleted.
        """
        with BACKEND_LOCK:
            if self.nodegroup["status"] == "DELETING":
                raise FleetGoneError(self.name)
            self.check(self.nodegroup["status"])
            try:
                first = len(self.machine_ids)
                specs = [node_spec(self.cluster, wanted, data, first + each) for each in range(count)]
                return [self._launch_one(spec) for spec in specs]
            except LaunchTemplateError as error:
                raise FleetError("Ec2LaunchTemplateInvalidConfiguration", str(error)) from error
            except EC2ClientError as error:
                code = _ISSUES.get(str(error.code), "AsgInstanceLaunchFailures")
                raise FleetError(code, str(error.message), [self._group_name()]) from error

    def _launch_one(self, spec: NodeSpec) -> str:
        instance_id = launch_instance(
            self.backend.region_name,
            instance_type=spec.instance_type,
            subnet_id=self._emptiest_subnet(),
            group_ids=spec.group_ids,
            tags=spec.tags,
            interface_tags=spec.interface_tags,
            user_data=spec.user_data,
            image_id=spec.image_id,
            role_arn=spec.role_arn,
        )
        self.cluster.machines[instance_id] = Machine(
            instance_id, self.name, spec.labels, spec.taints, spec.max_pods, spec.version
        )
        return instance_id

    def _emptiest_subnet(self) -> str:
        instances = [instance_of(self.backend.region_name, each) for each in self.machine_ids]
        used = [each.subnet_id for each in instances if each is not None]
        subnets: list[str] = self.nodegroup["subnets"]
        return min(subnets, key=used.count)

    def _group_name(self) -> str:
        return str(self.nodegroup["resources"]["autoScalingGroups"][0]["name"])

    def wait_joined(self, machine_ids: Collection[str], status: str) -> None:
        """Wait until each instance has a Ready Node.

        Args:
            machine_ids: The instances.
            status: What the node group reads while somebody waits for this.

        Raises:
            FleetError: They do not join, or their Nodes do not become Ready in time.
            FleetGoneError: The node group has gone or its status has become another one.
        """
        started = time.monotonic()
        with self.nodes() as nodes:
            while True:
                self.check(status)
                if self._have_joined(_readiness(nodes), machine_ids, time.monotonic() - started):
                    return
                time.sleep(POLL_SECONDS)

    def _have_joined(self, readiness: dict[str, bool], machine_ids: Collection[str], seconds: float) -> bool:
        """Tell whether all Nodes are Ready; raise when there is no hope any more."""
        names = dict(zip(machine_ids, self.node_names(machine_ids), strict=True))
        missing = [each for each, name in names.items() if name not in readiness]
        unready = [each for each, name in names.items() if not readiness.get(name, False)]
        lost = missing if seconds > JOIN_SECONDS else []
        if missing and not lost and seconds > _bound(NO_WAY_OUT_VARIABLE, NO_WAY_OUT_SECONDS):
            lost = self._without_way_out(missing)
        if lost:
            raise FleetError("NodeCreationFailure", "Instances failed to join the kubernetes cluster", lost)
        if unready and seconds > JOIN_SECONDS:
            raise FleetError("NodeCreationFailure", "Unhealthy nodes in the kubernetes cluster", unready)
        return not unready

    def _without_way_out(self, machine_ids: Collection[str]) -> list[str]:
        account_id, region = self.backend.account_id, self.backend.region_name
        with BACKEND_LOCK:
            return [each for each in machine_ids if not has_way_out(self.cluster, account_id, region, each)]

    def drain(self, machine_ids: Collection[str], seconds: float, *, forced: bool) -> None:
        """Drain instances, all at once, and terminate each when it is empty; wait until all are terminated.

        Args:
            machine_ids: The instances.
            seconds: How long their pods may take to move.
            forced: Terminate what is left then; else leave it and open it again.

        Raises:
            FleetError: Pods are left when the time is over, and nothing is forced.
            FleetGoneError: The node group has gone meanwhile.
        """
        status = self.nodegroup["status"]
        full = dict(zip(machine_ids, self.node_names(machine_ids), strict=True))
        deadline = time.monotonic() + seconds
        with self.nodes() as nodes:
            while full:
                self.check(status)
                over = time.monotonic() > deadline
                occupied = _evict(nodes, list(full.values()))
                if over and occupied and not forced:
                    _open(nodes, list(full.values()))
                    problem = "Reached max retries while trying to evict pods from nodes in node group"
                    raise FleetError("PodEvictionFailure", f"{problem} {self.name}", sorted(occupied))
                empty = [each for each, name in full.items() if over or name not in occupied]
                self._terminate(empty)
                full = {each: name for each, name in full.items() if each not in empty}
                if full:
                    time.sleep(POLL_SECONDS)
        self._wait_terminated(machine_ids, status)

    def _terminate(self, machine_ids: Collection[str]) -> None:
        present = [each for each in machine_ids if state_of(self.backend.region_name, each) != "terminated"]
        if present:
            with BACKEND_LOCK:
                terminate_instances(self.backend.region_name, present)

    def _wait_terminated(self, machine_ids: Collection[str], status: str) -> None:
        left = list(machine_ids)
        while left:
            self.check(status)
            with BACKEND_LOCK:
                left = [each for each in left if state_of(self.backend.region_name, each) != "terminated"]
            if left:
                time.sleep(POLL_SECONDS)
        self.forget(machine_ids)

    def forget(self, machine_ids: Collection[str]) -> None:
        """Drop instances that have ended."""
        with BACKEND_LOCK:
            for each in machine_ids:
                self.cluster.machines.pop(each, None)


def drain_bound(usual: float) -> float:
    """Return how long a drain lasts at most (seconds): what the environment says, else EKS's own bound."""
    return _bound(DRAIN_VARIABLE, usual)


def _bound(variable: str, usual: float) -> float:
    return float(os.environ.get(variable) or usual)


def _readiness(nodes: KubernetesNodes) -> dict[str, bool]:
    try:
        return nodes.readiness()
    except UNREACHABLE:
        return {}


def _evict(nodes: KubernetesNodes, names: list[str]) -> set[str]:
    """Cordon and evict once; while the API does not answer, every Node counts as occupied."""
    try:
        nodes.cordon(names)
        return nodes.evict(names)
    except UNREACHABLE:
        return set(names)


def _open(nodes: KubernetesNodes, names: list[str]) -> None:
    try:
        nodes.cordon(names, schedulable=True)
    except UNREACHABLE:
        return
