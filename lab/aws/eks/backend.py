"""EKS of one account and region: the clusters, and the control planes behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from moto.eks import urls as stock_urls
from moto.eks.models import EKSBackend

if TYPE_CHECKING:
    from pathlib import Path

    from lab.aws.eks.state import Cluster


class LabEKSBackend(EKSBackend):
    """Hold what the lab keeps in place of moto's clusters; Fargate profiles stay moto's."""

    folder: ClassVar[Path | None] = None

    def __init__(self, region_name: str, account_id: str) -> None:
        """Start without clusters."""
        super().__init__(region_name, account_id)
        self.clusters: dict[str, Cluster] = {}  # type: ignore[assignment]  # moto reads name, arn, tags, is_active
        self.answers: dict[tuple[str, str], dict[str, Any]] = {}
        """Answers of create calls by action and client token: the same token gets the same answer."""

    @property
    def _url_module(self) -> Any:
        """Return moto's paths, which it would look for beside this class."""
        return stock_urls

    @classmethod
    def state_dir(cls) -> Path:
        """Return the server's state folder.

        Raises:
            RuntimeError: `lab.aws.eks.install` was not called.
        """
        if cls.folder is None:
            raise RuntimeError("lab.aws.eks.install has to run before the first request")
        return cls.folder

    def stop_control_planes(self) -> None:
        """End the control planes of all clusters."""
        for cluster in self.clusters.values():
            if cluster.control_plane is not None:
                cluster.control_plane.stop()
                cluster.control_plane = None

    def reset(self) -> None:
        """Forget everything, after the control planes have ended."""
        self.stop_control_planes()
        super().reset()
