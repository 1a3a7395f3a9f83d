"""Put the lab's extensions in place of moto's own classes, before the first request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lab.aws import ec2, eks, fault_routes, iam, logs, rds

if TYPE_CHECKING:
    from pathlib import Path


def install(state_dir: Path) -> None:
    """Replace moto's EC2, IAM, Logs, RDS and EKS parts by the lab's.

    Args:
        state_dir: Where control planes of EKS clusters keep their data.
    """
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    ec2.install()
    iam.install()
    logs.install()
    rds.install()
    eks.install(state_dir)
    fault_routes.install()
