"""`podsg enis`: the trunk and branch ENIs of any EKS cluster, and a sweep of those that nobody owns."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from podsg.errors import PodsgError
from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.inventory import Health, Row
from podsg.lifecycle.ownership import instance_of
from podsg.lifecycle.permissions import sweep_policy
from podsg.lifecycle.sweep import Look, Sweeper, SweepScope, sweep
from podsg.provider.any_cluster import AnyCluster, Search, find_cluster
from podsg.provider.target import Target

FOUND, UNUSABLE = 1, 2
"""Exit codes: something is leaked or drifted; what was asked for cannot be looked at."""
SECONDS_PER_MINUTE = 60.0
PIPE_WIDTH = 200

app = typer.Typer(
    help="Network interfaces that the VPC Resource Controller and the VPC CNI made for a cluster.",
    no_args_is_help=True,
)


class Format(StrEnum):
    """Form of the result on standard output; progress goes to standard error."""

    TEXT = "text"
    JSON = "json"


ClusterName = Annotated[str, typer.Option("--cluster", help="Name of the EKS cluster, whoever made it.")]
Region = Annotated[
    str, typer.Option(envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], help="AWS region of the cluster.")
]
Profile = Annotated[str, typer.Option(help="AWS profile. Default: the shell's credentials.")]
RoleArn = Annotated[str, typer.Option(help="Role to assume for all calls.")]
VpcId = Annotated[
    str, typer.Option(help="VPC to look in; needed if the cluster is gone. Default: the cluster's.")
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(help="File that has a context for this cluster. Default: log in with `aws eks get-token`."),
]
Form = Annotated[Format, typer.Option("--format", help="Form of the result.")]


@app.command("list")
def list_interfaces(  # noqa: PLR0913, PLR0917 - each argument is an option
    cluster: ClusterName,
    region: Region,
    profile: Profile = "",
    role_arn: RoleArn = "",
    vpc_id: VpcId = "",
    kubeconfig: Kubeconfig = None,
    form: Form = Format.TEXT,
) -> None:
    """List the interfaces of a cluster, worst first; changes nothing.

    Exit code 0: all is well; 1: something is leaked or drifted; 2: they cannot be looked at.
    """
    search = Search(Target(region, "", profile, role_arn), cluster, vpc_id, kubeconfig)
    try:
        found = find_cluster(search)
        rows, note = found.rows()
    except PodsgError as error:
        _refuse(error)
    if note:
        _say(f"pods, policies and drift are not known: {note}")
    if form is Format.JSON:
        _print_json(
            {
                "cluster": found.name,
                "vpc_id": found.vpc_id,
                "kubernetes_api": note or "asked",
                "interfaces": [asdict(row) for row in rows],
            }
        )
    else:
        _console().print(_table(found, rows))
        _console().print(_counted(rows))
    if any(row.health in {Health.LEAKED, Health.DRIFTED} for row in rows):
        raise typer.Exit(FOUND)


@app.command("sweep")
def sweep_interfaces(  # noqa: PLR0913, PLR0917 - each argument is an option
    cluster: ClusterName,
    region: Region,
    profile: Profile = "",
    role_arn: RoleArn = "",
    vpc_id: VpcId = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run/--yes", help="Only say what would be deleted, or delete it.")
    ] = True,
    timeout_minutes: Annotated[float, typer.Option(min=1, help="How long the sweep may take.")] = 10,
    form: Form = Format.TEXT,
) -> None:
    """Delete the interfaces of a cluster that nobody uses; a dry run unless told `--yes`.

    An interface goes if its instance is gone, or if two looks 150 s apart find it free. Never touched: what
    an instance uses, what an AWS service or another cluster has, and what has no owner tag.

    Exit code 0: nothing is left to sweep; 1: the dry run found something; 2: it cannot be swept.
    """
    target, seconds = Target(region, "", profile, role_arn), timeout_minutes * SECONDS_PER_MINUTE
    try:
        found = find_cluster(Search(target, cluster, vpc_id, timeout_seconds=seconds), api=None)
        scope = SweepScope(found.name, found.vpc_id)
        if not dry_run:
            deleted = sweep(found.ec2, found.clock, scope, _say, timeout_seconds=seconds)
            _tell_deleted(found, deleted, form)
            return
        look = Sweeper(found.ec2, found.clock, scope).look()
    except PodsgError as error:
        _refuse(error)
    _tell_look(found, look, form)
    if look.free or look.waiting:
        raise typer.Exit(FOUND)


@app.command("iam")
def print_policy(
    cluster: Annotated[
        str, typer.Option(help="Allow deletions for this cluster alone. Default: for any cluster.")
    ] = "",
) -> None:
    """Print the IAM policy that these commands need.

    Its statements `Gates…` are for the gates of a destroy; leave them out for these commands alone.
    """
    _print_json(sweep_policy(cluster))


def _table(cluster: AnyCluster, rows: Sequence[Row]) -> Table:
    title = f"Interfaces of {cluster.name} in {cluster.vpc_id}"
    table = Table("interface", "kind", "health", "status", "node", "pod", "groups", "reason", title=title)
    for row in rows:
        groups = ", ".join(row.group_ids)
        table.add_row(
            row.interface_id, row.kind, row.health, row.status, row.node, row.pod, groups, row.reason
        )
    return table


def _counted(rows: Sequence[Row]) -> str:
    counts = Counter(row.health for row in rows)
    return ", ".join(f"{counts[health]} {health}" for health in Health)


def _tell_deleted(cluster: AnyCluster, deleted: Sequence[str], form: Format) -> None:
    if form is Format.JSON:
        _print_json({"cluster": cluster.name, "vpc_id": cluster.vpc_id, "deleted": list(deleted)})
    elif not deleted:
        _console().print(f"{cluster.name}: nothing to sweep in {cluster.vpc_id}")


def _tell_look(cluster: AnyCluster, look: Look, form: Format) -> None:
    if form is Format.JSON:
        _print_json(
            {
                "cluster": cluster.name,
                "vpc_id": cluster.vpc_id,
                "would_delete": [_shown(one) for one in look.free],
                "would_look_again": [_shown(one) for one in look.waiting],
                "in_use": len(look.held),
            }
        )
        return
    table = Table("interface", "status", "instance", "what --yes would do", title=f"Sweep of {cluster.name}")
    for one in look.free:
        table.add_row(one.id, one.status, instance_of(one), "delete it")
    for one in look.waiting:
        table.add_row(one.id, one.status, instance_of(one), "look again, and delete it if it is free then")
    _console().print(table)
    _console().print(f"nothing was deleted; {len(look.held)} more are in use and stay")


def _shown(one: NetworkInterface) -> dict[str, str]:
    return {"id": one.id, "status": one.status, "instance": instance_of(one)}


def _console() -> Console:
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(highlight=False, soft_wrap=True, emoji=False, markup=False, width=width)


def _print_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    sys.stdout.write(f"{json.dumps(value, indent=2)}\n")


def _say(line: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True, emoji=False).print(line, markup=False)


def _refuse(error: PodsgError) -> NoReturn:
    _say(str(error))
    raise typer.Exit(UNUSABLE)
