"""RDS of the lab: moto's, with the refusals, interfaces and transitions of the real one."""

from __future__ import annotations

import moto.rds.models
import moto.rds.urls

from lab.aws.rds.backend import LabRDSBackend
from lab.aws.rds.clusters import DBCluster
from lab.aws.rds.instances import DBInstance, DBInstanceClustered, MasterUserSecret
from lab.aws.rds.responses import LabRDSResponse


def install() -> None:
    """Put the lab's classes in place of moto's, before the first request."""
    moto.rds.models.MasterUserSecret = MasterUserSecret  # type: ignore[misc]
    moto.rds.models.DBInstance = DBInstance  # type: ignore[misc]
    moto.rds.models.DBInstanceClustered = DBInstanceClustered  # type: ignore[misc]
    moto.rds.models.DBCluster = DBCluster  # type: ignore[misc]
    backends = moto.rds.models.rds_backends
    backends.backend = LabRDSBackend
    backends.clear()
    moto.rds.urls.url_paths["{0}/$"] = LabRDSResponse.dispatch
