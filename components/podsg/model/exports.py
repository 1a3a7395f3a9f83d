"""The names of `podsg.model`, loaded when the first of them is asked for."""

from podsg.model.access import DatabaseAccess, database_access
from podsg.model.cluster import ClusterSpec, EndpointAccessSpec, LoginSpec, login_arguments
from podsg.model.database import (
    DatabaseSpec,
    Engine,
    database_port,
    forced_tls_parameter,
    instance_count,
    is_aurora,
    log_exports,
    parameter_group_family,
    storage_gib,
    version_fits,
)
from podsg.model.environment import (
    EnvironmentSpec,
    created_namespaces,
    database_ports,
    has_pod_subnets,
    protected,
)
from podsg.model.existing import ExistingClusterSpec, ExistingDatabaseSpec, ExistingNetworkSpec
from podsg.model.naming import (
    PhysicalName,
    cluster_names,
    log_group_name,
    node_group_names,
    physical_database_names,
)
from podsg.model.network import InterfaceEndpoint, NatMode, NetworkSpec, zone_count
from podsg.model.node_group import NodeGroupSpec, architecture
from podsg.model.parsing import parse_environment, parse_part, plain
from podsg.model.references import Later
from podsg.model.removal import DestroySpec, OnRemove
from podsg.model.schema import input_schema
from podsg.model.snapshot_of_spec import spec_snapshot
from podsg.model.subnets import SubnetPlan, plan_subnets
from podsg.model.vpc_cni import EnforcingMode, VpcCniSpec, configuration_values, early_demux_disabled
from podsg.model.waiver import WaiverSpec
from podsg.model.workload import PeerSpec, WorkloadSpec, policy_name, selector_text

__all__ = [
    "ClusterSpec",
    "DatabaseAccess",
    "DatabaseSpec",
    "DestroySpec",
    "EndpointAccessSpec",
    "EnforcingMode",
    "Engine",
    "EnvironmentSpec",
    "ExistingClusterSpec",
    "ExistingDatabaseSpec",
    "ExistingNetworkSpec",
    "InterfaceEndpoint",
    "Later",
    "LoginSpec",
    "NatMode",
    "NetworkSpec",
    "NodeGroupSpec",
    "OnRemove",
    "PeerSpec",
    "PhysicalName",
    "SubnetPlan",
    "VpcCniSpec",
    "WaiverSpec",
    "WorkloadSpec",
    "architecture",
    "cluster_names",
    "configuration_values",
    "created_namespaces",
    "database_access",
    "database_port",
    "database_ports",
    "early_demux_disabled",
    "forced_tls_parameter",
    "has_pod_subnets",
    "input_schema",
    "instance_count",
    "is_aurora",
    "log_exports",
    "log_group_name",
    "login_arguments",
    "node_group_names",
    "parameter_group_family",
    "parse_environment",
    "parse_part",
    "physical_database_names",
    "plain",
    "plan_subnets",
    "policy_name",
    "protected",
    "selector_text",
    "spec_snapshot",
    "storage_gib",
    "version_fits",
    "zone_count",
]
