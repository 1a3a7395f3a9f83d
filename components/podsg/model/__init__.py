"""What people write, and what follows from it; standard library and pydantic only."""

from podsg.model.access import DatabaseAccess, database_access
from podsg.model.cluster import ClusterSpec, EndpointAccessSpec, LoginSpec, login_arguments
from podsg.model.database import (
    DatabaseSpec,
    Engine,
    database_port,
    forced_tls_parameter,
    log_exports,
    parameter_group_family,
    version_fits,
)
from podsg.model.environment import EnvironmentSpec, created_namespaces
from podsg.model.naming import PhysicalName, cluster_names, database_names, node_group_names
from podsg.model.network import NatMode, NetworkSpec
from podsg.model.node_group import NodeGroupSpec, architecture
from podsg.model.parsing import parse_environment, parse_part
from podsg.model.schema import input_schema
from podsg.model.subnets import SubnetPlan, plan_subnets
from podsg.model.vpc_cni import EnforcingMode, VpcCniSpec, configuration_values, early_demux_disabled
from podsg.model.workload import PeerSpec, WorkloadSpec, policy_name, selector_text

__all__ = [
    "ClusterSpec",
    "DatabaseAccess",
    "DatabaseSpec",
    "EndpointAccessSpec",
    "EnforcingMode",
    "Engine",
    "EnvironmentSpec",
    "LoginSpec",
    "NatMode",
    "NetworkSpec",
    "NodeGroupSpec",
    "PeerSpec",
    "PhysicalName",
    "SubnetPlan",
    "VpcCniSpec",
    "WorkloadSpec",
    "architecture",
    "cluster_names",
    "configuration_values",
    "created_namespaces",
    "database_access",
    "database_names",
    "database_port",
    "early_demux_disabled",
    "forced_tls_parameter",
    "input_schema",
    "log_exports",
    "login_arguments",
    "node_group_names",
    "parameter_group_family",
    "parse_environment",
    "parse_part",
    "plan_subnets",
    "policy_name",
    "selector_text",
    "version_fits",
]
