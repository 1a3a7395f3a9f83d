"""One typed picture of an environment, whatever it was read from; standard library only.

A value is there, or `Unknown` with the reason; nothing is ever guessed. What the source says nothing of, such
as security groups in Kubernetes manifests, is `Unknown` as a whole.
"""

from podsg.model.snapshot.cluster import Cluster, EniConfig, FargateProfile, NodeGroup, VpcCni
from podsg.model.snapshot.network import GroupRule, SecurityGroup, Subnet, addresses_for_use
from podsg.model.snapshot.objects import (
    Container,
    NetworkPolicy,
    PodSet,
    Policy,
    Probe,
    Selector,
    Service,
    ServiceAccount,
)
from podsg.model.snapshot.picture import Snapshot
from podsg.model.snapshot.place import Place
from podsg.model.snapshot.values import NOT_READ, Maybe, NotKnownError, Unknown, known

__all__ = [
    "NOT_READ",
    "Cluster",
    "Container",
    "EniConfig",
    "FargateProfile",
    "GroupRule",
    "Maybe",
    "NetworkPolicy",
    "NodeGroup",
    "NotKnownError",
    "Place",
    "PodSet",
    "Policy",
    "Probe",
    "SecurityGroup",
    "Selector",
    "Service",
    "ServiceAccount",
    "Snapshot",
    "Subnet",
    "Unknown",
    "VpcCni",
    "addresses_for_use",
    "known",
]
