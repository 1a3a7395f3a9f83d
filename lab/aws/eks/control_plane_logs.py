"""What EKS writes to CloudWatch Logs: of the logs themselves nothing, of their group its coming back."""

from __future__ import annotations

from moto.logs.models import logs_backends

from lab.aws.eks.cluster_checks import read_logging
from lab.aws.eks.state import Cluster


def write_last(account_id: str, region: str, cluster: Cluster) -> None:
    """Write the last lines of a cluster that is being deleted: a log group that is gone is made again.

    It has neither tags nor a retention then.

    Source: terraform-aws-modules/terraform-aws-eks issues 920, 2763; EKS user guide, send control plane logs
    to CloudWatch Logs (name of the log group).
    """
    if not any(read_logging(cluster.description["logging"]).values()):
        return
    backend = logs_backends[account_id][region]
    name = f"/aws/eks/{cluster.name}/cluster"
    if name not in backend.groups:
        backend.create_log_group(name, {})
