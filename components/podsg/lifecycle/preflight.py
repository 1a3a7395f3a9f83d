"""Find every reason why a destroy would not finish, before it changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from podsg.lifecycle.facts import Access, Api, Live, Recorded
from podsg.lifecycle.foreign import foreign_obstacles
from podsg.lifecycle.obstacle import Commands, Obstacle
from podsg.lifecycle.scope import AURORA_CLUSTER, CLUSTER, DATABASE, Scope

_KINDS = {CLUSTER: "cluster", DATABASE: "database", AURORA_CLUSTER: "Aurora cluster"}
_SERVICES = {CLUSTER: "EKS", DATABASE: "RDS", AURORA_CLUSTER: "RDS"}
_SNAPSHOT_NOUNS = {DATABASE: "db-snapshot", AURORA_CLUSTER: "db-cluster-snapshot"}


def obstacles(
    recorded: Sequence[Recorded], live: Live, commands: Commands | None = None
) -> tuple[Obstacle, ...]:
    """Find every reason why a destroy of this stack would not finish.

    Leaves out what is recorded and gone, and what a destroy leaves where it is. Rights to the AWS API are
    not part of it.

    Args:
        recorded: Everything that the engine has recorded of the stack.
        live: What is there.
        commands: How a reader runs commands on this stack. Default: `pulumi` and `aws` as they are.

    Returns:
        Reasons, sorted by what stands in the way; empty if nothing does.

    Example:
        >>> urn = "urn:pulumi:dev::shop::aws:ec2/vpc:Vpc::dev-network-vpc"
        >>> vpc = Recorded(urn, "aws:ec2/vpc:Vpc", "vpc-1", is_protected=True)
        >>> [found.problem for found in obstacles([vpc], Live())]
        ['is protected in the record of the stack']
    """
    commands = commands or Commands()
    scope = Scope.of(recorded, live)
    found = [
        *_protected(recorded, commands),
        *_deletion_protections(scope, live, commands),
        *_final_snapshots(scope, live, commands),
        *_closed_apis(recorded, live, commands),
        *foreign_obstacles(scope, live, commands),
    ]
    return tuple(sorted(set(found)))


def _protected(recorded: Iterable[Recorded], commands: Commands) -> Iterator[Obstacle]:
    up = commands.engine_command("up")
    stack = f" --stack {commands.stack}" if commands.stack else ""
    for one in recorded:
        if one.is_protected:
            unprotect = commands.tool_command(f"pulumi state unprotect --yes{stack}", f"'{one.urn}'")
            yield Obstacle(
                f"{one.name} ({one.type})",
                "is protected in the record of the stack",
                "the engine deletes what it can and only then ends with an error at this resource.",
                f"take `protect` out of its options and run {up}, or run {unprotect}.",
            )


def _deletion_protections(scope: Scope, live: Live, commands: Commands) -> Iterator[Obstacle]:
    current = {(CLUSTER, cluster.name): cluster.deletion_protection for cluster in live.clusters}
    for database in live.databases:
        kind = AURORA_CLUSTER if database.is_cluster else DATABASE
        current[kind, database.identifier] = database.deletion_protection
    for (kind, name), one in scope.protectable.items():
        if (kind, name) not in current:
            continue
        is_recorded = True in (one.inputs.get("deletionProtection"), one.outputs.get("deletionProtection"))
        is_live = current[kind, name]
        if is_recorded or is_live:
            yield Obstacle(
                f"{_KINDS[kind]} {name}",
                f"deletion protection is on (recorded: {_state(is_recorded)}, live: {_state(is_live)})",
                f"{_SERVICES[kind]} refuses to delete it, and by then what depends on it would be gone.",
                _protection_fix(commands, is_recorded=is_recorded),
            )


def _protection_fix(commands: Commands, *, is_recorded: bool) -> str:
    refresh = "" if is_recorded else f"run {commands.engine_command('refresh')}, which records it, then "
    return (
        "set `deletion_protection: false` at the top level of podsg:environment, for cluster and databases"
        f" alike unless a part says otherwise, {refresh}run {commands.engine_command('up')}"
        f" and {commands.engine_command('destroy')} again."
    )


def _state(is_on: bool) -> str:  # noqa: FBT001 - one value, put into a word
    return "on" if is_on else "off"


def _final_snapshots(scope: Scope, live: Live, commands: Commands) -> Iterator[Obstacle]:
    there = {(database.is_cluster, database.identifier) for database in live.databases}
    for (kind, name), one in scope.protectable.items():
        is_cluster = kind == AURORA_CLUSTER
        if kind == CLUSTER or one.value("skipFinalSnapshot") is True or (is_cluster, name) not in there:
            continue
        snapshot = one.text("finalSnapshotIdentifier")
        taken = live.cluster_snapshots if is_cluster else live.snapshots
        if not snapshot:
            yield Obstacle(
                f"{_KINDS[kind]} {name}",
                "wants a final snapshot and has no name for it",
                "the AWS provider refuses to delete it without finalSnapshotIdentifier.",
                f"set finalSnapshotIdentifier of {one.name}, or `final_snapshot: false` of this database in"
                f" podsg:environment, and run {commands.engine_command('up')}.",
            )
        elif snapshot in taken:
            yield Obstacle(
                f"{_KINDS[kind]} {name}",
                f"the name of its final snapshot, {snapshot}, is taken",
                "RDS refuses to delete it while it cannot make that snapshot.",
                _snapshot_fix(_SNAPSHOT_NOUNS[kind], snapshot, commands),
            )


def _snapshot_fix(noun: str, snapshot: str, commands: Commands) -> str:
    source, target = f"--source-{noun}-identifier", f"--target-{noun}-identifier"
    keep = commands.tool_command(f"aws rds copy-{noun} {source} {snapshot} {target} {snapshot}-kept")
    delete = commands.tool_command(f"aws rds delete-{noun} --{noun}-identifier {snapshot}")
    return f"keep the old one under another name with {keep}, if it is needed, and delete it with {delete}."


def _closed_apis(recorded: Sequence[Recorded], live: Live, commands: Commands) -> Iterator[Obstacle]:
    there = {cluster.name for cluster in live.clusters}
    clusters = {one.text("endpoint"): one.id for one in recorded if one.type == CLUSTER}
    for api in live.apis:
        objects = [
            one for one in recorded if one.provider.startswith(f"{api.provider_urn}::") and one.is_deleted
        ]
        if api.access is Access.ALLOWED or not objects:
            continue
        cluster = clusters.get(api.server, "")
        yield Obstacle(
            f"Kubernetes API of {cluster or api.server}",
            f"{_ANSWERS[api.access]} ({api.detail})",
            f"{len(objects)} recorded objects in the cluster could not be deleted, {objects[0].name} first.",
            _api_fix(api, commands, is_gone=bool(cluster) and cluster not in there)
            if cluster
            else _foreign_api_fix(api, commands),
        )


_ANSWERS = {Access.REFUSED: "refuses the caller", Access.UNREACHABLE: "cannot be reached"}


def _foreign_api_fix(api: Api, commands: Commands) -> str:
    """Name the ways out of a stack whose cluster belongs to somebody else."""
    again = f"then run {commands.engine_command('destroy')} again"
    if api.access is Access.REFUSED:
        return f"run as somebody whom the owner of the cluster lets in, or ask the owner for access; {again}."
    return (
        "run from a network that reaches the VPC of the cluster, or ask its owner to add yours to the public"
        f" access CIDRs; {again}. If the cluster is gone, set PULUMI_K8S_DELETE_UNREACHABLE=true in the"
        " environment: the engine then forgets its objects."
    )


def _api_fix(api: Api, commands: Commands, *, is_gone: bool) -> str:
    """Name the way out.

    Source: pulumi-kubernetes pull request 2489 (PULUMI_K8S_DELETE_UNREACHABLE).
    """
    again = f"then run {commands.engine_command('destroy')} again"
    if is_gone:
        return (
            "the cluster is gone, and these objects with it: set PULUMI_K8S_DELETE_UNREACHABLE=true in the"
            f" environment, {again}; the engine then forgets them."
        )
    up = commands.engine_command("up")
    if api.access is Access.REFUSED:
        return (
            "run as one of the administrators of the cluster, or name the caller in"
            f" cluster.admin_principal_arns of podsg:environment and run {up}; {again}."
        )
    return (
        "run from a network that reaches the VPC of the cluster, or name your own public network in"
        f" cluster.endpoint_access.public_cidrs of podsg:environment and run {up}; {again}."
    )
