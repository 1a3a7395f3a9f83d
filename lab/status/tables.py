"""Nodes, pods and policies as tables, and what is wrong with them as lines below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich import box
from rich.console import Group as Stack
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lab.status.judging import Group, NodeRow, PodRow, PolicyRow, Verdict
from lab.status.report import ClusterReport, warnings_of

_NAMED_PODS = 3
_STYLES = {Verdict.BRANCH_ENI: "green", Verdict.WARNING: "yellow", Verdict.WAITING: "yellow"}


def report_tables(reports: Mapping[str, ClusterReport]) -> RenderableType:
    """Show every cluster: its nodes, pods and policies, then what keeps pods, then warnings."""
    if not reports:
        return Text("There is no EKS cluster yet, so there are no nodes, pods and policies.")
    nodes = [(name, row) for name, one in reports.items() for row in one.nodes]
    answering = {name: one for name, one in reports.items() if one.nodes or not one.problem}
    parts: list[RenderableType] = [_nodes_table(nodes)] if nodes else []
    if answering and not nodes:
        parts += [Text("No node has registered.")]
    for name, one in answering.items():
        pods, policies = f"pods on {name}", f"SecurityGroupPolicies on {name}"
        parts += [pods_table(one.pods, pods.capitalize()) if one.pods else Text(f"No {pods}.")]
        parts += [_policies_table(one.policies, policies) if one.policies else Text(f"No {policies}.")]
    return Stack(*parts, *_notes(reports))


def pods_table(rows: Iterable[PodRow], title: str) -> Table:
    """Show pods: where they run, and by which groups they are judged."""
    columns = ("pod", "node, address", "phase", "branch ENI", "security groups", "verdict")
    table = _table(title, columns)
    for row in rows:
        eni = [row.branch_eni or "-", *([f"VLAN {row.vlan}"] if row.vlan is not None else [])]
        table.add_row(
            f"{row.namespace}/\n{row.name}",
            f"{_short(row.node)}\n{row.address or '-'}",
            row.phase,
            "\n".join(eni),
            _groups(row.groups),
            Text(row.verdict, style=_STYLES.get(row.verdict, "")),
        )
    return table


def waiting_notes(rows: Iterable[PodRow]) -> list[str]:
    """Say what keeps pods from running, pods with the same reason together."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row.message:
            reasons.setdefault(row.message, []).append(f"{row.namespace}/{row.name}")
    return [f"Pending: {_counted(names)}: {message}" for message, names in reasons.items()]


def _notes(reports: Mapping[str, ClusterReport]) -> Iterator[Text]:
    pods = [row for one in reports.values() for row in one.pods]
    yield from (Text(note, style="yellow") for note in waiting_notes(pods))
    yield from (Text(f"Warning: {one}", style="yellow") for one in warnings_of(reports))
    for name, one in reports.items():
        if one.problem:
            yield Text(f"Warning: cluster {name}: {one.problem}", style="yellow")


def _nodes_table(rows: Iterable[tuple[str, NodeRow]]) -> Table:
    columns = ("node", "cluster", "type, zone", "ready", "trunk", "branch ENIs", "other ENIs")
    table = _table("Nodes", columns)
    for cluster, row in rows:
        enis = f"{row.used} used\n{row.free} free\n{row.cooling_down} cooling down"
        table.add_row(
            "\n.".join(row.name.split(".", 1)),
            cluster,
            f"{row.type or '-'}\n{row.zone or '-'}",
            "yes" if row.ready else Text("no", style="yellow"),
            row.trunk or "-",
            enis if row.trunk or row.branch_enis else "none",
            str(row.ordinary_interfaces),
        )
    return table


def _policies_table(rows: Iterable[PolicyRow], title: str) -> Table:
    table = _table(title, ("policy", "selects", "security groups", "pods"))
    for row in rows:
        exact = row.pods_with_exactly_these_groups
        pods = f"{row.pods} selected\n{exact} with exactly its groups"
        table.add_row(f"{row.namespace}/\n{row.name}", row.selects, _groups(row.groups), pods)
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _groups(groups: Iterable[Group]) -> Text:
    shown = Text()
    for number, one in enumerate(groups):
        shown.append("\n" if number else "")
        shown.append(one.name or "unknown", style="" if one.name else "yellow")
        shown.append(f"\n{one.id}")
    return shown if shown.plain else Text("-")


def _short(node: str | None) -> str:
    return node.partition(".")[0] if node else "-"


def _counted(names: Sequence[str]) -> str:
    listed = ", ".join(names[:_NAMED_PODS])
    more = f" and {len(names) - _NAMED_PODS} more" if len(names) > _NAMED_PODS else ""
    return f"{len(names)} {'pod' if len(names) == 1 else 'pods'} ({listed}{more})"
