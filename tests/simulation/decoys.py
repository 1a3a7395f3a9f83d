"""Interfaces that look like leftovers of a cluster and belong to somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from podsg.lifecycle.interfaces import (
    BRANCH_DESCRIPTION,
    CNI_CLUSTER_TAG,
    CNI_OWNER,
    CONTROLLER_OWNER,
    ENI_OWNER_TAG,
    INSTANCE_TAG,
    OWNED,
    TRUNK_DESCRIPTION,
    cluster_tag,
)
from tests.simulation.clock import SimulatedClock
from tests.simulation.ec2 import SimulatedEc2

CLUSTER: Final = "shop"
OWNER: Final = "store/dev"
DEAD: Final = "i-00000000000dead00"
LIVE: Final = "i-0000000000000face"


class Held(Enum):
    """What keeps an interface, if anything does."""

    NOBODY = "free"
    BY_INSTANCE = "attached to a running instance"
    BY_STOPPED_INSTANCE = "attached to a stopped instance"
    BY_SERVICE = "in use by an AWS service"
    BY_TRUNK = "a branch on a trunk of a running instance"
    SOON = "free until the controller associates it, 20 s from now"


HOLDING: Final = {Held.BY_INSTANCE, Held.BY_STOPPED_INSTANCE, Held.SOON}
"""In use by what a gate waits for until its deadline, as it should."""


@dataclass(frozen=True)
class Decoy:
    """An interface that no gate may touch.

    Args:
        name: What it is.
        tags: Its tags.
        description: What EC2 shows.
        group: Which group it has: `pod` and `cluster` are this stack's; `other` is another stack's.
        held: What keeps it.
        vpc: In which VPC it is: `own` or `other`.
        is_requester_managed: An AWS service made it.
        interface_type: EC2's type.
        in_cluster_scope: Whether it is foreign too where the whole cluster is this stack's.
    """

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = BRANCH_DESCRIPTION
    group: str = "pod"
    held: Held = Held.NOBODY
    vpc: str = "own"
    is_requester_managed: bool = False
    interface_type: str = "interface"
    in_cluster_scope: bool = True


def controller_tags(cluster: str = CLUSTER, instance_id: str = DEAD) -> dict[str, str]:
    """Return what the VPC Resource Controller writes on a branch."""
    return {ENI_OWNER_TAG: CONTROLLER_OWNER, cluster_tag(cluster): OWNED, INSTANCE_TAG: instance_id}


def cni_tags(cluster: str = CLUSTER, instance_id: str = DEAD) -> dict[str, str]:
    """Return what the VPC CNI writes on a secondary interface."""
    return {ENI_OWNER_TAG: CNI_OWNER, CNI_CLUSTER_TAG: cluster, INSTANCE_TAG: instance_id}


def _without(key: str) -> dict[str, str]:
    return {name: value for name, value in controller_tags().items() if name != key}


def _explicit(owner: str) -> dict[str, str]:
    return {"podsg:owner": owner, "podsg:branch-eni": "probe", "Name": "probe"}


def _service(
    name: str, interface_type: str, description: str, tags: Mapping[str, str] | None = None
) -> Decoy:
    return Decoy(
        name,
        tags or {},
        description,
        held=Held.BY_SERVICE,
        is_requester_managed=True,
        interface_type=interface_type,
    )


_OTHER_CLUSTER: Final = (
    Decoy("branch of another cluster", controller_tags("bank")),
    Decoy("branch of a cluster whose name begins with ours", controller_tags("shop-2")),
    Decoy("branch of a cluster with whose name ours begins", controller_tags("sho")),
    Decoy("branch of a cluster that differs in case", controller_tags("Shop")),
    Decoy("branch of a cluster named like a wildcard", controller_tags("sho?")),
    Decoy("secondary interface of another cluster", cni_tags("bank")),
    Decoy("secondary interface of a cluster whose name begins with ours", cni_tags("shop-2")),
    Decoy("secondary interface of a cluster that differs in case", cni_tags("SHOP")),
    Decoy("trunk of another cluster", controller_tags("bank"), TRUNK_DESCRIPTION),
    Decoy("branch of a cluster of our name in another VPC", controller_tags(), vpc="other"),
    Decoy("secondary interface of a cluster of our name in another VPC", cni_tags(), vpc="other"),
)
_NOT_QUITE_TAGGED: Final = (
    Decoy("cluster is shared, not owned", {**controller_tags(), cluster_tag(CLUSTER): "shared"}),
    Decoy("cluster tag without a value", {**controller_tags(), cluster_tag(CLUSTER): ""}),
    Decoy("cluster tag with a wildcard as its value", {**controller_tags(), cluster_tag(CLUSTER): "own*"}),
    Decoy("no owner tag", _without(ENI_OWNER_TAG)),
    Decoy("empty owner tag", {**controller_tags(), ENI_OWNER_TAG: ""}),
    Decoy("owner tag that begins like the controller's", {**controller_tags(), ENI_OWNER_TAG: "eks-vpc"}),
    Decoy("owner tag that goes on", {**controller_tags(), ENI_OWNER_TAG: CONTROLLER_OWNER + "-2"}),
    Decoy("owner tag in capitals", {**controller_tags(), ENI_OWNER_TAG: CONTROLLER_OWNER.upper()}),
    Decoy("tag key in capitals", {**_without(ENI_OWNER_TAG), ENI_OWNER_TAG.upper(): CONTROLLER_OWNER}),
    Decoy("controller's, but of no cluster", _without(cluster_tag(CLUSTER))),
    Decoy("plugin's, but of no cluster", {ENI_OWNER_TAG: CNI_OWNER, INSTANCE_TAG: DEAD}),
    Decoy("plugin's of an old version", {INSTANCE_TAG: DEAD}, f"aws-K8S-{DEAD}"),
    Decoy("plugin's cluster tag that says owned", {ENI_OWNER_TAG: CNI_OWNER, CNI_CLUSTER_TAG: OWNED}),
    Decoy("no tag at all"),
    Decoy("no tag, described as a trunk", {}, TRUNK_DESCRIPTION),
    Decoy("named like a branch", {"Name": BRANCH_DESCRIPTION}, "by hand"),
    Decoy("by hand, with our group", {}, "by hand"),
    Decoy("by hand, with our group and the cluster's tag", {cluster_tag(CLUSTER): OWNED}, "by hand"),
)
_HELD: Final = (
    Decoy("trunk of a running node", controller_tags(instance_id=LIVE), held=Held.BY_INSTANCE),
    Decoy("secondary interface of a running node", cni_tags(instance_id=LIVE), held=Held.BY_INSTANCE),
    Decoy("tagged for a dead node, attached to a running one", controller_tags(), held=Held.BY_INSTANCE),
    Decoy("interface of a stopped node", cni_tags(instance_id=LIVE), held=Held.BY_STOPPED_INSTANCE),
    Decoy("branch that a pod is about to get", controller_tags(instance_id=LIVE), held=Held.SOON),
    Decoy("requester-managed, yet tagged as ours and free", controller_tags(), is_requester_managed=True),
)
_OF_SERVICES: Final = (
    _service("Lambda function", "lambda", "AWS Lambda VPC ENI-shop"),
    _service("network load balancer", "network_load_balancer", "ELB net/shop/0123456789abcdef"),
    _service("load balancer, tagged as ours", "interface", "ELB app/shop", controller_tags()),
    _service("NAT gateway", "nat_gateway", "Interface for NAT Gateway nat-0123456789abcdef0"),
    _service("VPC endpoint", "vpc_endpoint", "VPC Endpoint Interface vpce-0123456789abcdef0"),
    _service("database", "interface", "RDSNetworkInterface"),
    _service("control plane", "interface", f"Amazon EKS {CLUSTER}"),
    _service("file system", "efs", "EFS mount target for fs-0123456789abcdef0"),
)
_EXPLICIT: Final = (
    Decoy("explicit branch ENI of this stack", _explicit(OWNER), "probe"),
    Decoy("explicit branch ENI of another stack", _explicit("bank/dev"), "probe"),
    Decoy("explicit branch ENI of this stack on a trunk", _explicit(OWNER), "probe", held=Held.BY_TRUNK),
    Decoy("something else of this stack", {"podsg:owner": OWNER}, "by this stack's program"),
)
_OF_OTHER_STACKS: Final = (
    Decoy("leaked by another stack's pod", controller_tags(), group="other", in_cluster_scope=False),
    Decoy("leaked with the cluster's own group", controller_tags(), group="cluster", in_cluster_scope=False),
    Decoy("secondary interface of a dead node", cni_tags(), group="cluster", in_cluster_scope=False),
)
DECOYS: Final = (
    *_OTHER_CLUSTER,
    *_NOT_QUITE_TAGGED,
    *_HELD,
    *_OF_SERVICES,
    *_EXPLICIT,
    *_OF_OTHER_STACKS,
)


@dataclass
class Yard:
    """A VPC that a cluster shares with everybody, and another VPC."""

    clock: SimulatedClock
    ec2: SimulatedEc2
    vpc_id: str
    subnet_id: str
    groups: Mapping[str, str]
    other_vpc_id: str
    other_subnet_id: str
    other_vpc_group_id: str
    trunk_id: str
    vlan_count: int = 0

    @classmethod
    def laid_out(cls, seed: int = 0) -> Yard:
        """Make both VPCs, a running node with a trunk, and no leftover."""
        clock = SimulatedClock()
        ec2 = SimulatedEc2(clock, seed)
        region = ec2.region
        vpc_id, other_vpc_id = region.add_vpc(), region.add_vpc()
        subnet_id, other_subnet_id = region.add_subnet(vpc_id), region.add_subnet(other_vpc_id)
        groups = {
            "pod": region.add_group(vpc_id, "pod", {"podsg:owner": OWNER}),
            "cluster": region.add_group(vpc_id, f"eks-cluster-sg-{CLUSTER}-1", {cluster_tag(CLUSTER): OWNED}),
            "other": region.add_group(vpc_id, "other", {"podsg:owner": "bank/dev"}),
        }
        region.add_instance(instance_id=LIVE)
        trunk_id = region.add_trunk(LIVE, subnet_id, [groups["cluster"]], controller_tags(instance_id=LIVE))
        other_group_id = region.add_group(other_vpc_id, "pod")
        return cls(
            clock, ec2, vpc_id, subnet_id, groups, other_vpc_id, other_subnet_id, other_group_id, trunk_id
        )

    def leftover(self, group: str = "pod") -> str:
        """Leave behind what a gate has to delete: a free branch of a node that is gone."""
        made = self.ec2.region.add_interface(
            self.subnet_id, [self.groups[group]], description=BRANCH_DESCRIPTION, tags=controller_tags()
        )
        return made.id

    def place(self, decoy: Decoy) -> str:
        """Put a decoy where a gate will see it."""
        region = self.ec2.region
        is_own = decoy.vpc == "own"
        made = region.add_interface(
            self.subnet_id if is_own else self.other_subnet_id,
            [self.groups[decoy.group] if is_own else self.other_vpc_group_id],
            description=decoy.description,
            tags=decoy.tags,
        )
        row = region.interfaces[made.id]
        row.is_requester_managed = decoy.is_requester_managed
        row.interface_type = decoy.interface_type
        row.is_held = decoy.held is Held.BY_SERVICE
        if decoy.held is Held.BY_INSTANCE:
            row.instance_id = LIVE
        elif decoy.held is Held.BY_STOPPED_INSTANCE:
            row.instance_id = region.add_instance()
            region.instances[row.instance_id].state = "stopped"
        region.changed(row)
        if decoy.held is Held.BY_TRUNK:
            self._hang(made.id)
        elif decoy.held is Held.SOON:
            self.clock.at(self.clock.now() + 20.0, lambda: self._hang(made.id))
        return made.id

    def _hang(self, branch_id: str) -> None:
        self.vlan_count += 1
        self.ec2.region.associate(branch_id, self.trunk_id, 100 + self.vlan_count)
