"""Who may reach which database, as the environment says it."""

from __future__ import annotations

from dataclasses import dataclass

from podsg.model.environment import EnvironmentSpec, database_ports
from podsg.model.workload import selector_text


@dataclass(frozen=True)
class DatabaseAccess:
    """One grant: the pods of a workload may reach a database."""

    workload: str
    namespace: str
    selector_text: str
    database: str
    protocol: str
    port: int


def database_access(spec: EnvironmentSpec) -> tuple[DatabaseAccess, ...]:
    """List every grant from a workload to a database.

    Judges the environment alone: groups and routes that others change are not seen.

    Returns:
        One entry per grant, sorted by database, then workload; empty without grants.

    Example:
        >>> from podsg.model.parsing import parse_environment
        >>> database = {"engine": "mysql", "version": "8.4", "instance_class": "db.t4g.micro"}
        >>> workload = {"namespace": "ui", "pod_selector": {"app": "ui"}, "databases": ["catalog"]}
        >>> spec = parse_environment({
        ...     "name": "dev",
        ...     "network": {"cidr": "10.42.0.0/16"},
        ...     "cluster": {},
        ...     "node_groups": {"workers": {"instance_types": ["m5.large"]}},
        ...     "databases": {"catalog": database},
        ...     "workloads": {"ui": workload},
        ... })
        >>> [(entry.workload, entry.database, entry.port) for entry in database_access(spec)]
        [('ui', 'catalog', 3306)]
    """
    ports = database_ports(spec)
    entries = [
        DatabaseAccess(
            workload=name,
            namespace=workload.namespace,
            selector_text=selector_text(workload),
            database=database,
            protocol="tcp",
            port=ports[database],
        )
        for name, workload in spec.workloads.items()
        for database in workload.databases
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.database, entry.workload)))
