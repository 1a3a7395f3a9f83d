"""What is in the lab: everything counted, and its nodes, pods and policies as people read them."""

from lab.status.counts import API_ERRORS, client, count, kubernetes_api, total
from lab.status.judging import NodeRow, PodRow, PolicyRow, Verdict
from lab.status.reading import read_account, read_cluster
from lab.status.report import ClusterReport, report, report_of, warnings_of
from lab.status.tables import pods_table, report_tables, waiting_notes

__all__ = [
    "API_ERRORS",
    "ClusterReport",
    "NodeRow",
    "PodRow",
    "PolicyRow",
    "Verdict",
    "client",
    "count",
    "kubernetes_api",
    "pods_table",
    "read_account",
    "read_cluster",
    "report",
    "report_of",
    "report_tables",
    "total",
    "waiting_notes",
    "warnings_of",
]
