"""What the RDS actions share: the lab's backend, and the instances and clusters in it."""

from __future__ import annotations

from moto.rds.responses import RDSResponse

from lab.aws.rds.backend import LabRDSBackend
from lab.aws.rds.clusters import DBCluster
from lab.aws.rds.instances import DBInstance


class LabResponse(RDSResponse):
    """Give typed access to the lab's state."""

    @property
    def backend(self) -> LabRDSBackend:
        """Return the lab's backend.

        Raises:
            TypeError: moto's own backend is in place.
        """
        backend = super().backend
        if not isinstance(backend, LabRDSBackend):
            raise TypeError("lab.aws.rds.install has to run before the first request")
        return backend

    def instances(self) -> list[DBInstance]:
        """Return all instances, members of clusters too."""
        return [each for each in self.backend.databases.values() if isinstance(each, DBInstance)]

    def clusters(self) -> list[DBCluster]:
        """Return all clusters."""
        return [each for each in self.backend.clusters.values() if isinstance(each, DBCluster)]
