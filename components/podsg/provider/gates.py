"""What the gates do: nothing but a look, until they are deleted."""

from __future__ import annotations

from typing import Any

from podsg.errors import DeadlineError, Explanation, KubernetesCallError
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.drain import DrainRequest, drain
from podsg.lifecycle.interfaces import (
    CONTROL_PLANE_DESCRIPTION,
    DATABASE_DESCRIPTION,
    OWNED,
    NetworkInterface,
    cluster_tag,
)
from podsg.lifecycle.inventory import Health, Row, gather, inventory
from podsg.lifecycle.progress import Progress, named
from podsg.lifecycle.sweep import SweepScope, sweep
from podsg.lifecycle.workload_removal import RemovalRequest, release_groups
from podsg.model.removal import OnRemove
from podsg.provider.gate_account import GateAccount, Inputs, say
from podsg.provider.preflight import refuse_blocked

POLL_SECONDS = 5.0


def drain_gate(inputs: Inputs) -> None:
    """Look whether the destroy would end, then drain the cluster if it is the stack's own."""
    account = GateAccount.of(inputs)
    if inputs["preflight"]:
        refuse_blocked(account, say)
    api = account.kubernetes() if inputs["scope"] == "cluster" else None
    if api is None:
        return
    request = DrainRequest(
        inputs["cluster_name"], inputs["vpc_id"], account.timeout_seconds, api.cooldown_seconds()
    )
    drain(account.ec2, api, account.clock, request, say)


def sweep_gate(inputs: Inputs) -> None:
    """Sweep what the cluster left; the last gate also waits for what AWS takes away itself."""
    account = GateAccount.of(inputs)
    deadline, groups = Deadline(account.clock, account.timeout_seconds), account.own_group_ids()
    scope = SweepScope(inputs["cluster_name"], inputs["vpc_id"], groups if inputs["group_scope"] else None)
    sweep(account.ec2, account.clock, scope, say, timeout_seconds=deadline.left())
    if inputs["stage"] != "last":
        return
    _await_services(account, groups, deadline)
    if not inputs["group_scope"] and account.cluster() is None:
        _delete_cluster_groups(account)


def workload_gate(inputs: Inputs) -> None:
    """Let the pods of a workload let go of its group."""
    account = GateAccount.of(inputs)
    request = RemovalRequest(
        inputs["workload"],
        inputs["cluster_name"],
        inputs["vpc_id"],
        frozenset(inputs["group_ids"]),
        OnRemove(inputs["on_remove"]),
        account.timeout_seconds,
    )
    release_groups(account.ec2, account.kubernetes(), account.clock, request, say)


def found_by_drain_gate(inputs: Inputs) -> dict[str, list[dict[str, str]]]:
    """Return leaked and drifted interfaces of the cluster; those of pods that come and go are neither."""
    account = GateAccount.of(inputs)
    return _listed(_rows(account), Health.DRIFTED, Health.LEAKED)


def found_by_sweep_gate(inputs: Inputs) -> dict[str, list[dict[str, str]]]:
    """Return leaked interfaces of the cluster, as far as EC2 alone tells."""
    account = GateAccount.of(inputs)
    facts = gather(account.ec2, None, inputs["cluster_name"], inputs["vpc_id"])
    return _listed(inventory(facts), Health.LEAKED)


def _rows(account: GateAccount) -> tuple[Row, ...]:
    name, vpc_id = account.inputs["cluster_name"], account.inputs["vpc_id"]
    try:
        return inventory(gather(account.ec2, account.kubernetes(), name, vpc_id))
    except KubernetesCallError as error:
        say(f"drift of branch ENIs is not looked at: {error.explanation.problem}")
        return inventory(gather(account.ec2, None, name, vpc_id))


def _listed(rows: tuple[Row, ...], *healths: Health) -> dict[str, list[dict[str, str]]]:
    return {
        health.value: [{"id": row.interface_id, "reason": row.reason} for row in rows if row.health is health]
        for health in healths
    }


def _await_services(account: GateAccount, groups: frozenset[str], deadline: Deadline) -> None:
    """Wait for the interfaces of EKS and RDS, which only these services can delete.

    Raises:
        DeadlineError: They are still there; names them.
    """
    progress = Progress(account.clock, say)
    while left := _service_interfaces(account, groups):
        shown = named([f"{one.id} ({one.description})" for one in left])
        if deadline.is_over():
            raise DeadlineError(
                Explanation(
                    "sweep",
                    f"after {deadline.seconds / 60:.0f} min AWS still has {len(left)} interfaces: {shown}",
                    "their security groups and subnets cannot be deleted before them.",
                    "wait until AWS has deleted what they belong to, and run the same command again.",
                    "docs/how-to/destroy.md",
                )
            )
        progress.tell(f"waiting for AWS to delete {len(left)} interfaces: {shown} …")
        deadline.sleep(POLL_SECONDS)


def _service_interfaces(account: GateAccount, groups: frozenset[str]) -> list[NetworkInterface]:
    inputs = account.inputs
    descriptions = [DATABASE_DESCRIPTION]
    if not inputs["group_scope"]:
        descriptions.append(CONTROL_PLANE_DESCRIPTION.format(inputs["cluster_name"]))
    found = account.ec2.describe_network_interfaces(
        filters={"vpc-id": [inputs["vpc_id"]], "description": descriptions}
    )
    return [one for one in found if one.description != DATABASE_DESCRIPTION or one.group_ids & groups]


def _delete_cluster_groups(account: GateAccount) -> None:
    """Delete the cluster security group, which EKS leaves behind if something held it."""
    name = account.inputs["cluster_name"]
    filters: dict[str, Any] = {
        "vpc-id": [account.inputs["vpc_id"]],
        f"tag:{cluster_tag(name)}": [OWNED],
        "group-name": [f"eks-cluster-sg-{name}-*"],
    }
    for group in account.ec2.describe_security_groups(filters=filters):
        account.ec2.delete_security_group(group.id)
        say(f"deleted the cluster security group {group.id} ({group.name}), which EKS left behind.")
