"""Things of others in what a stack would delete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podsg.lifecycle.facts import Database, Instance, Interface, Kind, Live, Part, Rule
from podsg.lifecycle.interfaces import (
    CONTROL_PLANE_DESCRIPTION,
    CONTROLLER_OWNER,
    DATABASE_DESCRIPTION,
    ENI_OWNER_TAG,
    INSTANCE_TAG,
)
from podsg.lifecycle.obstacle import Commands, Obstacle
from podsg.lifecycle.ownership import OWNERS, is_marked
from podsg.lifecycle.scope import AURORA_CLUSTER, CLUSTER, FARGATE_PROFILE, NODE_GROUP, Scope

# What EC2 shows on instances of managed node groups.
_CLUSTER_NAME_TAG, _NODE_GROUP_TAG = "eks:cluster-name", "eks:nodegroup-name"

_DELETE = {
    Kind.SUBNET: "delete-subnet --subnet-id",
    Kind.ROUTE_TABLE: "delete-route-table --route-table-id",
    Kind.INTERNET_GATEWAY: "delete-internet-gateway --internet-gateway-id",
    Kind.NAT_GATEWAY: "delete-nat-gateway --nat-gateway-id",
    Kind.VPC_ENDPOINT: "delete-vpc-endpoints --vpc-endpoint-ids",
    Kind.SECURITY_GROUP: "delete-security-group --group-id",
    Kind.NETWORK_ACL: "delete-network-acl --network-acl-id",
}
_MEMBERS = {
    NODE_GROUP: ("node group", "delete-nodegroup", "--nodegroup-name"),
    FARGATE_PROFILE: ("Fargate profile", "delete-fargate-profile", "--fargate-profile-name"),
}


def foreign_obstacles(scope: Scope, live: Live, commands: Commands) -> Iterator[Obstacle]:
    """Find what others have in what the stack would delete.

    Not among it: what AWS makes for recorded things (interfaces of NAT gateways, endpoints, control planes,
    databases and nodes, and what the VPC CNI and its controller make for pods), and what goes with a thing
    that is named itself.
    """
    yield from _cluster_members(scope, live, commands)
    yield from (_part_obstacle(part, scope, commands) for part in _foreign_parts(scope, live))
    yield from (_instance_obstacle(one, scope, commands) for one in _foreign_instances(scope, live))
    yield from (_database_obstacle(one, scope, commands) for one in _foreign_databases(scope, live))
    yield from _interfaces(scope, live, commands)
    yield from _rules(scope, live, commands)
    yield from _role_policies(scope, live, commands)


def _cluster_members(scope: Scope, live: Live, commands: Commands) -> Iterator[Obstacle]:
    for cluster in live.clusters:
        if (CLUSTER, cluster.name) not in scope.protectable:
            continue
        found = [(NODE_GROUP, name) for name in cluster.node_groups]
        found += [(FARGATE_PROFILE, name) for name in cluster.fargate_profiles]
        for kind, name in found:
            if (kind, cluster.name, name) in scope.cluster_members:
                continue
            noun, verb, option = _MEMBERS[kind]
            yield Obstacle(
                f"{noun} {name}",
                f"is on cluster {cluster.name}, and a destroy leaves it there",
                f"EKS refuses to delete {cluster.name} while it has a {noun}.",
                _removal(commands, f"eks {verb} --cluster-name {cluster.name} {option} {name}"),
            )


def _foreign_parts(scope: Scope, live: Live) -> list[Part]:
    return [
        part
        for part in live.parts
        if part.id not in scope.ids | scope.cluster_group_ids
        and scope.blocked_by(part.vpc_id, part.subnet_ids, part.group_ids)
    ]


def _part_obstacle(part: Part, scope: Scope, commands: Commands) -> Obstacle:
    command = f"ec2 {_DELETE[part.kind]} {part.id}"
    if part.kind is Kind.INTERNET_GATEWAY:
        detach = f"aws ec2 detach-internet-gateway --internet-gateway-id {part.id} --vpc-id {part.vpc_id}"
        fix = (
            f"if nobody needs it, run {commands.tool_command(detach)} and"
            f" {commands.tool_command('aws', command)}; else talk to its owner."
        )
    else:
        fix = _removal(commands, command)
    blocked = scope.blocked_by(part.vpc_id, part.subnet_ids, part.group_ids)
    return _placed(f"{part.kind} {part.id}", part.label, blocked, fix, scope)


def _foreign_instances(scope: Scope, live: Live) -> list[Instance]:
    own = scope.ids | _node_ids(live)
    return [
        one
        for one in live.instances
        if one.id not in own and scope.blocked_by(one.vpc_id, [one.subnet_id], one.group_ids)
    ]


def _node_ids(live: Live) -> set[str]:
    """List the instances of node groups: they go with their group, which is recorded or named itself."""
    groups = {(cluster.name, group) for cluster in live.clusters for group in cluster.node_groups}
    return {
        one.id
        for one in live.instances
        if (one.tags.get(_CLUSTER_NAME_TAG), one.tags.get(_NODE_GROUP_TAG)) in groups
    }


def _instance_obstacle(one: Instance, scope: Scope, commands: Commands) -> Obstacle:
    blocked = scope.blocked_by(one.vpc_id, [one.subnet_id], one.group_ids)
    fix = _removal(commands, f"ec2 terminate-instances --instance-ids {one.id}")
    return _placed(f"instance {one.id}", one.tags.get("Name", ""), blocked, fix, scope)


def _foreign_databases(scope: Scope, live: Live) -> list[Database]:
    clusters = {name for kind, name in scope.protectable if kind == AURORA_CLUSTER}
    return [
        one
        for one in live.databases
        if not one.is_cluster
        and one.identifier not in scope.database_names
        and (
            one.cluster_identifier in clusters or scope.blocked_by(one.vpc_id, one.subnet_ids, one.group_ids)
        )
    ]


def _database_obstacle(one: Database, scope: Scope, commands: Commands) -> Obstacle:
    blocked = scope.blocked_by(one.vpc_id, one.subnet_ids, one.group_ids)
    where = scope.placed(blocked) or f"is in Aurora cluster {one.cluster_identifier}"
    # RDS makes no final snapshot of an instance that is in an Aurora cluster.
    snapshot = "" if one.cluster_identifier else f" --final-db-snapshot-identifier {one.identifier}-final"
    delete = f"rds delete-db-instance --db-instance-identifier {one.identifier}{snapshot}"
    return Obstacle(
        f"database {one.identifier}",
        f"{where}, and a destroy leaves it there",
        f"{scope.shown(blocked) or one.cluster_identifier} cannot be deleted while it is there.",
        _removal(commands, delete),
    )


def _interfaces(scope: Scope, live: Live, commands: Commands) -> Iterator[Obstacle]:
    named = {part.id for part in _foreign_parts(scope, live)}
    named |= {instance.id for instance in _foreign_instances(scope, live)}
    known = scope.ids | named | _node_ids(live)
    with_parts = {interface for part in live.parts if part.id in known for interface in part.interface_ids}
    databases = [one for one in live.databases if one.identifier in scope.database_names]
    database_groups = {one.group_ids for one in (*databases, *_foreign_databases(scope, live))}
    for one in live.interfaces:
        is_known = one.id in known | with_parts or one.instance_id in known
        blocked = scope.blocked_by(one.vpc_id, [one.subnet_id], one.group_ids)
        if is_known or not blocked or _is_made_for_cluster(one, scope, known):
            continue
        if one.description == DATABASE_DESCRIPTION and one.group_ids in database_groups:
            continue
        label = one.description or one.tags.get("Name", "")
        yield _placed(f"network interface {one.id}", label, blocked, _interface_fix(one, commands), scope)


def _is_made_for_cluster(one: Interface, scope: Scope, known: frozenset[str]) -> bool:
    """Tell whether EKS, the VPC CNI or its controller made an interface for a recorded cluster."""
    if one.tags.get(ENI_OWNER_TAG) and one.tags.get(INSTANCE_TAG) in known:
        return True
    clusters = [name for kind, name in scope.protectable if kind == CLUSTER]
    if one.tags.get(ENI_OWNER_TAG) in OWNERS:
        return any(is_marked(one.tags, name) for name in clusters)
    return one.is_service_managed and one.description in map(CONTROL_PLANE_DESCRIPTION.format, clusters)


def _interface_fix(one: Interface, commands: Commands) -> str:
    if one.tags.get(ENI_OWNER_TAG) == CONTROLLER_OWNER:
        return "scale the workload of its pod to zero; the interface goes after the cool-down of the cluster."
    if one.is_service_managed:
        return "delete what it was made for, as its description says; the interface goes with it."
    if one.instance_id:
        return _removal(commands, f"ec2 terminate-instances --instance-ids {one.instance_id}")
    return _removal(commands, f"ec2 delete-network-interface --network-interface-id {one.id}")


def _rules(scope: Scope, live: Live, commands: Commands) -> Iterator[Obstacle]:
    for rule in sorted(_blocking_rules(scope, live.rules), key=lambda one: one.id):
        direction = "egress" if rule.is_egress else "ingress"
        named = scope.shown([rule.named_group_id])
        revoke = (
            f"ec2 revoke-security-group-{direction} --group-id {rule.group_id}"
            f" --security-group-rule-ids {rule.id}"
        )
        yield Obstacle(
            f"security group rule {rule.id}",
            f"in {scope.shown([rule.group_id])} names {named}, and a destroy leaves it there",
            f"a security group that a rule of another one names cannot be deleted, so {named} would stay.",
            _removal(commands, revoke),
        )


def _blocking_rules(scope: Scope, rules: Iterable[Rule]) -> set[Rule]:
    """Find the rules that keep a group for good.

    A rule inside a group that goes first, or that goes while the engine tries again, keeps nothing; two
    groups that name each other keep each other. EKS tries once: whatever names a cluster security group then,
    keeps it.
    """
    own = scope.group_ids | scope.cluster_group_ids
    named = own - scope.revoking_group_ids
    kept = {
        rule
        for rule in rules
        if rule.id not in scope.ids and rule.named_group_id in named and rule.group_id != rule.named_group_id
    }
    blocking = {
        rule for rule in kept if rule.group_id not in own or rule.named_group_id in scope.cluster_group_ids
    }
    return blocking | _circles(kept - blocking)


def _circles(rules: set[Rule]) -> set[Rule]:
    """Find the rules whose own group is kept by another one of them."""
    kept = {rule.named_group_id for rule in rules}
    left = {rule for rule in rules if rule.group_id in kept}
    return left if left == rules else _circles(left)


def _role_policies(scope: Scope, live: Live, commands: Commands) -> Iterator[Obstacle]:
    """Find policies that others gave to recorded roles.

    Source: IAM API reference, DeleteRole (DeleteConflict); hashicorp/terraform-provider-aws,
    `internal/service/iam/role.go`: only `force_detach_policies` takes others' policies away.
    """
    for one in live.role_policies:
        if one.role not in scope.roles or (one.role, one.policy) in scope.role_policies:
            continue
        verb, option = ("delete", "name") if one.is_inline else ("detach", "arn")
        command = f"iam {verb}-role-policy --role-name {one.role} --policy-{option} {one.policy}"
        yield Obstacle(
            f"policy {one.policy}",
            f"belongs to role {scope.shown([one.role])}, and a destroy leaves it there",
            "IAM refuses to delete a role that has policies.",
            _removal(commands, command),
        )


def _placed(subject: str, label: str, blocked: list[str], fix: str, scope: Scope) -> Obstacle:
    shown = scope.shown(blocked)
    return Obstacle(
        f'{subject} "{label}"' if label else subject,
        f"{scope.placed(blocked)}, and a destroy leaves it there",
        f"EC2 refuses to delete {shown} while it is there.",
        fix,
    )


def _removal(commands: Commands, command: str) -> str:
    return f"if nobody needs it, run {commands.tool_command('aws', command)}; else talk to its owner."
