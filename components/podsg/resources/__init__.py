"""The components of podsg: what programs import."""

from podsg.resources.aws_access import AwsAccess
from podsg.resources.branch_eni import BranchEni, BranchEniArgs
from podsg.resources.cluster import Cluster, ClusterArgs
from podsg.resources.database import Database, DatabaseArgs
from podsg.resources.drain_gate import DrainGate, DrainGateArgs
from podsg.resources.environment import Environment, EnvironmentArgs
from podsg.resources.network import Network, NetworkArgs
from podsg.resources.node_group import NodeGroup, NodeGroupArgs
from podsg.resources.security_groups_for_pods import (
    GrantedDatabaseArgs,
    SecurityGroupsForPods,
    SecurityGroupsForPodsArgs,
)
from podsg.resources.specification import configured_environment
from podsg.resources.sweep_gate import SweepGate, SweepGateArgs
from podsg.resources.workload_gate import PodClusterArgs, WorkloadGate, WorkloadGateArgs

__all__ = [
    "AwsAccess",
    "BranchEni",
    "BranchEniArgs",
    "Cluster",
    "ClusterArgs",
    "Database",
    "DatabaseArgs",
    "DrainGate",
    "DrainGateArgs",
    "Environment",
    "EnvironmentArgs",
    "GrantedDatabaseArgs",
    "Network",
    "NetworkArgs",
    "NodeGroup",
    "NodeGroupArgs",
    "PodClusterArgs",
    "SecurityGroupsForPods",
    "SecurityGroupsForPodsArgs",
    "SweepGate",
    "SweepGateArgs",
    "WorkloadGate",
    "WorkloadGateArgs",
    "configured_environment",
]
