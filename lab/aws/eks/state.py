"""What the lab keeps of EKS. A `description` is what the Describe call answers, under the wire's names."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.aws.eks.errors import InvalidRequestError, ResourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.aws.eks.backend import LabEKSBackend
    from lab.cluster.control_plane import ControlPlane

Description = dict[str, Any]


def now() -> dt.datetime:
    """Return the present time, in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass
class AccessEntry:
    """Who may enter a cluster, and as whom."""

    description: Description
    policies: dict[str, Description] = field(default_factory=dict)


@dataclass
class Update:
    """One asynchronous change of a cluster, a node group or an add-on."""

    description: Description
    nodegroup: str | None = None
    addon: str | None = None


@dataclass
class Machine:
    """One instance of a node group, and what its kubelet is told.

    Attributes:
        instance_id: The EC2 instance.
        nodegroup: Name of the node group.
        labels: Labels that the kubelet registers with.
        taints: Taints in Kubernetes' words: key, value, effect.
        max_pods: Pods that the kubelet takes (count).
        version: Version of the kubelet, such as `v1.35.0`.
        sessions: Credentials of aws-node by the ARN of its role.
    """

    instance_id: str
    nodegroup: str
    labels: dict[str, str]
    taints: list[dict[str, str]]
    max_pods: int
    version: str
    sessions: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)


@dataclass
class Rollout:
    """What an installed add-on has in the cluster's API, and how long it has been unwell.

    Attributes:
        finish: Ends the update that brought it, with what went wrong or None; None if no update runs.
        unhealthy_since: Moment (monotonic seconds) since when it lacks pods; None while it is well.
    """

    finish: Callable[[str | None], None] | None = None
    unhealthy_since: float | None = None


@dataclass
class Cluster:
    """An EKS cluster and all that belongs to it; the names without underscore are also read by moto."""

    description: Description
    creator_arn: str
    creator_is_admin: bool
    nodegroups: dict[str, Description] = field(default_factory=dict)
    addons: dict[str, Description] = field(default_factory=dict)
    access_entries: dict[str, AccessEntry] = field(default_factory=dict)
    pod_identities: dict[str, Description] = field(default_factory=dict)
    updates: dict[str, Update] = field(default_factory=dict)
    fargate_profiles: dict[str, Any] = field(default_factory=dict)
    fargate_profile_count: int = 0
    interface_ids: list[str] = field(default_factory=list)
    control_plane: ControlPlane | None = None
    machines: dict[str, Machine] = field(default_factory=dict)
    """Instances of the node groups by instance id, oldest first."""
    templates: dict[str, Description] = field(default_factory=dict)
    """Data of the launch template by name of the node group: EKS keeps a copy of its own."""
    rollouts: dict[str, Rollout] = field(default_factory=dict)
    """Add-ons whose objects are in the cluster's API, by name."""
    starter: threading.Thread | None = None
    """Starts the control plane; the name is free again only after it has ended."""

    @property
    def name(self) -> str:
        """Return the cluster's name."""
        return str(self.description["name"])

    @property
    def arn(self) -> str:
        """Return the cluster's ARN."""
        return str(self.description["arn"])

    @property
    def status(self) -> str:
        """Return the cluster's status."""
        return str(self.description["status"])

    @property
    def is_active(self) -> bool:
        """Tell whether the cluster takes requests that change it."""
        return self.status in {"ACTIVE", "UPDATING"}

    @property
    def tags(self) -> dict[str, str]:
        """Return the cluster's tags."""
        tags: dict[str, str] = self.description["tags"]
        return tags

    @property
    def authentication_mode(self) -> str:
        """Return API, API_AND_CONFIG_MAP or CONFIG_MAP."""
        return str(self.description["accessConfig"]["authenticationMode"])

    def require_active(self) -> None:
        """Refuse unless the cluster is there to be used.

        Raises:
            InvalidRequestError: The cluster is being created or deleted, or has failed.
        """
        if not self.is_active:
            raise InvalidRequestError(f"Cluster '{self.name}' is not in ACTIVE status")


@dataclass(frozen=True)
class EksRequest:
    """One request: backend, parameters under the wire's names, who calls, where the server listens."""

    backend: LabEKSBackend
    parameters: Description
    access_key_id: str
    server_port: int

    @property
    def state_dir(self) -> Path:
        """Return the server's state folder."""
        return self.backend.state_dir()

    def get(self, name: str, default: Any = None) -> Any:
        """Return a parameter, or the default if it is absent."""
        value = self.parameters.get(name)
        return default if value is None else value

    @property
    def cluster(self) -> Cluster:
        """Return the cluster that the request names.

        Raises:
            ResourceNotFoundError: There is none of that name.
        """
        name = self.get("name") or self.get("clusterName")
        if found := self.backend.clusters.get(name):
            return found
        raise ResourceNotFoundError(f"No cluster found for name: {name}.")

    def arn(self, kind: str, path: str) -> str:
        """Build an ARN of this account and region: `arn:aws:eks:<region>:<account>:<kind>/<path>`."""
        backend = self.backend
        return f"arn:{backend.partition}:eks:{backend.region_name}:{backend.account_id}:{kind}/{path}"

    def page(self, key: str, names: list[Any]) -> Description:
        """Answer one page of a list call; the token is the position of the next page."""
        start, count = int(self.get("nextToken") or 0), int(self.get("maxResults") or 100)
        end = start + count
        return {key: names[start:end], "nextToken": str(end) if end < len(names) else None}
