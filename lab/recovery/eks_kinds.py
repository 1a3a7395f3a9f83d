"""Kinds of EKS objects that a stack makes. Each command first waits for what EKS is still making.

Source: EKS API reference, ResourceInUseException of DeleteCluster, DeleteNodegroup and DeleteAddon.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.recovery.account import Account, Found, Item, lab_command


def _delete(what: str, arguments: tuple[str, ...], item: Item, before: str = "") -> str:
    """Return the line that deletes a thing, waits until it is gone, and waits for its birth before that."""
    wait = f"{lab_command(f'aws eks wait {what}-active', *arguments)}; "
    delete = lab_command(f"aws eks delete-{what}", *arguments)
    gone = lab_command(f"aws eks wait {what}-deleted", *arguments)
    return f"{wait if item['status'] in {'CREATING', 'UPDATING'} else ''}{before}{delete} && {gone}"


def addons(account: Account) -> Iterator[Found]:
    """Return the owner's add-ons."""

    def describe(cluster: str, name: str) -> Item:
        answer: Item = account.call("eks", "describe_addon", clusterName=cluster, addonName=name)["addon"]
        return answer

    for cluster, item in account.own_on_clusters("list_addons", "addons", describe):
        name = item["addonName"]
        if item["status"] != "DELETING":
            line = _delete("addon", ("--cluster-name", cluster, "--addon-name", name), item)
            yield Found(f"{cluster}:{name}", name, line)


def node_groups(account: Account) -> Iterator[Found]:
    """Return the owner's node groups."""

    def describe(cluster: str, name: str) -> Item:
        answer = account.call("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=name)
        return dict(answer["nodegroup"])

    for cluster, item in account.own_on_clusters("list_nodegroups", "nodegroups", describe):
        name = item["nodegroupName"]
        if item["status"] != "DELETING":
            line = _delete("nodegroup", ("--cluster-name", cluster, "--nodegroup-name", name), item)
            yield Found(f"{cluster}:{name}", name, line)


def access_entries(account: Account) -> Iterator[Found]:
    """Return the owner's access entries; those that EKS makes by itself carry no tag."""

    def describe(cluster: str, principal: str) -> Item:
        answer = account.call("eks", "describe_access_entry", clusterName=cluster, principalArn=principal)
        return dict(answer["accessEntry"])

    for cluster, item in account.own_on_clusters("list_access_entries", "accessEntries", describe):
        principal = item["principalArn"]
        command = "aws eks delete-access-entry --cluster-name"
        line = lab_command(command, cluster, "--principal-arn", principal)
        yield Found(f"{cluster}:{principal}", principal.rpartition("/")[2], line)


def clusters(account: Account) -> Iterator[Found]:
    """Return the owner's clusters."""
    for item in account.clusters():
        name = item["name"]
        if not account.owns(item.get("tags") or {}) or item["status"] == "DELETING":
            continue
        unprotect = lab_command("aws eks update-cluster-config --no-deletion-protection --name", name)
        settled = lab_command("aws eks wait cluster-active --name", name)
        before = f"{unprotect} && {settled} && " if item.get("deletionProtection") else ""
        yield Found(name, name, _delete("cluster", ("--name", name), item, before))
