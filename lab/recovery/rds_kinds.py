"""Kinds of RDS objects that a stack makes.

A database that no record holds is minutes old and has no data: it is deleted without a snapshot. Each command
first waits for what RDS is still making.
Source: RDS API reference, InvalidDBInstanceState of DeleteDBInstance and InvalidDBClusterStateFault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.recovery.account import Account, Found, Item, lab_command


def _delete(what: str, identifier: str, options: str, *, status: str, protected: bool) -> str:
    """Return the line that deletes a database or a cluster and waits until it is gone."""
    argument = f"--db-{what}-identifier"
    wait = f"{lab_command(f'aws rds wait db-{what}-available {argument}', identifier)}; "
    unprotect = f"aws rds modify-db-{what} --no-deletion-protection --apply-immediately {argument}"
    lines = [
        *([lab_command(unprotect, identifier)] if protected else []),
        lab_command(f"aws rds delete-db-{what}{options} {argument}", identifier),
        lab_command(f"aws rds wait db-{what}-deleted {argument}", identifier),
    ]
    return f"{'' if status == 'available' else wait}{' && '.join(lines)}"


def _instances(account: Account) -> Iterator[Item]:
    for item in account.own_rds("describe_db_instances", "DBInstances"):
        if item["DBInstanceStatus"] != "deleting":
            yield item


def instances(account: Account) -> Iterator[Found]:
    """Return the owner's databases that belong to no cluster."""
    for item in _instances(account):
        if item.get("DBClusterIdentifier"):
            continue
        name = item["DBInstanceIdentifier"]
        line = _delete(
            "instance",
            name,
            " --skip-final-snapshot",
            status=item["DBInstanceStatus"],
            protected=bool(item.get("DeletionProtection")),
        )
        yield Found(item["DbiResourceId"], name, line)


def cluster_instances(account: Account) -> Iterator[Found]:
    """Return the owner's instances of Aurora clusters."""
    for item in _instances(account):
        if item.get("DBClusterIdentifier"):
            name = item["DBInstanceIdentifier"]
            line = _delete("instance", name, "", status=item["DBInstanceStatus"], protected=False)
            yield Found(name, name, line)


def clusters(account: Account) -> Iterator[Found]:
    """Return the owner's Aurora clusters."""
    for item in account.own_rds("describe_db_clusters", "DBClusters"):
        if item["Status"] != "deleting":
            name = item["DBClusterIdentifier"]
            line = _delete(
                "cluster",
                name,
                " --skip-final-snapshot",
                status=item["Status"],
                protected=bool(item.get("DeletionProtection")),
            )
            yield Found(name, name, line)


def _groups(operation: str, key: str, name_key: str, command: str) -> Callable[[Account], Iterator[Found]]:
    def find(account: Account) -> Iterator[Found]:
        for item in account.own_rds(operation, key):
            name = item[name_key]
            yield Found(name, name, lab_command(f"aws rds {command}", name))

    return find


subnet_groups = _groups(
    "describe_db_subnet_groups",
    "DBSubnetGroups",
    "DBSubnetGroupName",
    "delete-db-subnet-group --db-subnet-group-name",
)
parameter_groups = _groups(
    "describe_db_parameter_groups",
    "DBParameterGroups",
    "DBParameterGroupName",
    "delete-db-parameter-group --db-parameter-group-name",
)
cluster_parameter_groups = _groups(
    "describe_db_cluster_parameter_groups",
    "DBClusterParameterGroups",
    "DBClusterParameterGroupName",
    "delete-db-cluster-parameter-group --db-cluster-parameter-group-name",
)
