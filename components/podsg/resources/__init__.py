"""The components of podsg: what programs import."""

from podsg.resources.cluster import Cluster, ClusterArgs
from podsg.resources.database import Database, DatabaseArgs
from podsg.resources.environment import Environment, EnvironmentArgs
from podsg.resources.network import Network, NetworkArgs
from podsg.resources.node_group import NodeGroup, NodeGroupArgs
from podsg.resources.security_groups_for_pods import (
    GrantedDatabaseArgs,
    SecurityGroupsForPods,
    SecurityGroupsForPodsArgs,
)
from podsg.resources.specification import configured_environment

__all__ = [
    "Cluster",
    "ClusterArgs",
    "Database",
    "DatabaseArgs",
    "Environment",
    "EnvironmentArgs",
    "GrantedDatabaseArgs",
    "Network",
    "NetworkArgs",
    "NodeGroup",
    "NodeGroupArgs",
    "SecurityGroupsForPods",
    "SecurityGroupsForPodsArgs",
    "configured_environment",
]
