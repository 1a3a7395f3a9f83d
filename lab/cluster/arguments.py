"""Command lines and configuration files of etcd, the API server and the controller manager."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from lab.cluster.certificates import Certificates
from lab.cluster.children import write_private

# The webhook's own cache. The API server keeps accepted tokens ten seconds longer: see `_authorization`.
TOKEN_CACHE_TTL = "300ms"  # noqa: S105  a duration
WEBHOOK_SECONDS = 10
# Names as of Kubernetes 1.35, cmd/kube-controller-manager/names/controller_names.go.
CONTROLLERS = (
    "namespace-controller",
    "serviceaccount-controller",
    "garbage-collector-controller",
    "clusterrole-aggregation-controller",
    "root-ca-certificate-publisher-controller",
)
WORKLOAD_CONTROLLERS = (
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "job-controller",
    "node-lifecycle-controller",
    "pod-garbage-collector-controller",
    "replicaset-controller",
    "statefulset-controller",
    "taint-eviction-controller",
    "ttl-after-finished-controller",
)
"""What nodes and pods need beyond a plain API."""
NODE_GRACE = "10m"
CONTROLLER_USER = "eks:vpc-resource-controller"
"""Source: amazon-vpc-resource-controller-k8s v1.8.2, webhooks/core/annotation_validation_webhook.go."""
DEFAULT_SERVICE_CIDR = "172.20.0.0/16"
DEFAULT_ISSUER = "https://oidc.eks.us-west-2.amazonaws.com/id/LAB"


@dataclass(frozen=True)
class DataPlane:
    """Hold what the parts around nodes and pods have to know.

    Attributes:
        vpc_id: VPC of the cluster.
        region: Its region.
        account_id: Its account.
        aws_url: The lab's AWS on loopback; serves EC2, the instance metadata and the machines, too.
        controller_credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the VPC
            Resource Controller.
        agent_credentials: The same of the node agent.
    """

    vpc_id: str
    region: str
    account_id: str
    aws_url: str
    controller_credentials: dict[str, str] = field(repr=False)
    agent_credentials: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """Hold what a cluster's definition decides about its control plane.

    Attributes:
        service_cidr: Range of service addresses.
        issuer: Issuer of service-account tokens.
        access_review_url: Where the API server asks what a user of a token review may do (plain http,
            loopback); None leaves everything to RBAC.
        data_plane: What nodes and pods need; None starts the API alone.
    """

    service_cidr: str = DEFAULT_SERVICE_CIDR
    issuer: str = DEFAULT_ISSUER
    access_review_url: str | None = None
    data_plane: DataPlane | None = None


@dataclass(frozen=True)
class Ports:
    """Hold the loopback ports of one control plane."""

    etcd: int
    etcd_peer: int
    api: int
    webhook: int
    health: int
    metrics: int
    introspection: int


@dataclass(frozen=True)
class Site:
    """Hold where one control plane runs: folder, ports, keys, and whom it asks about tokens."""

    name: str
    folder: Path
    ports: Ports
    certificates: Certificates
    admin_token: str
    controller_token: str
    token_review_url: str
    settings: Settings

    @property
    def endpoint(self) -> str:
        """Return the API server's URL."""
        return f"https://127.0.0.1:{self.ports.api}"

    @property
    def admin_kubeconfig(self) -> Path:
        """Return the file with the lab's own access."""
        return self.folder / "admin.kubeconfig"

    def access(self, path: Path, token: str) -> Path:
        """Write a kubeconfig of this API server, and return its path."""
        cluster = {"server": self.endpoint, "certificate-authority": str(self.certificates.authority)}
        return kubeconfig(path, cluster, {"token": token})


def etcd(site: Site) -> list[str]:
    """Return etcd's arguments; nothing is synced to disk, because nothing outlives the cluster."""
    client_url, peer_url = f"http://127.0.0.1:{site.ports.etcd}", f"http://127.0.0.1:{site.ports.etcd_peer}"
    return [
        f"--data-dir={site.folder / 'etcd'}",
        f"--listen-client-urls={client_url}",
        f"--advertise-client-urls={client_url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def api_server(site: Site) -> list[str]:
    """Write the API server's files and return its arguments."""
    tokens = f'{site.admin_token},lab-admin,lab-admin,"system:masters"\n'
    tokens += f"{site.controller_token},{CONTROLLER_USER},{CONTROLLER_USER}\n"
    webhook = kubeconfig(site.folder / "token-review.kubeconfig", {"server": site.token_review_url}, {})
    certificates, settings = site.certificates, site.settings
    return [
        f"--etcd-servers=http://127.0.0.1:{site.ports.etcd}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        # Endpoints may not hold a loopback address, so nothing writes them.
        "--endpoint-reconciler-type=none",
        f"--secure-port={site.ports.api}",
        f"--cert-dir={site.folder}",
        f"--tls-cert-file={certificates.server_certificate}",
        f"--tls-private-key-file={certificates.server_key}",
        f"--service-account-key-file={certificates.service_account_key}",
        f"--service-account-signing-key-file={certificates.service_account_key}",
        f"--service-account-issuer={settings.issuer}",
        f"--service-cluster-ip-range={settings.service_cidr}",
        "--allow-privileged=true",
        "--anonymous-auth=false",
        f"--token-auth-file={write_private(site.folder / 'tokens.csv', tokens.encode())}",
        f"--authentication-token-webhook-config-file={webhook}",
        f"--authentication-token-webhook-cache-ttl={TOKEN_CACHE_TTL}",
        "--authentication-token-webhook-version=v1",
        _authorization(site.folder, settings.access_review_url),
    ]


def controller_manager(site: Site) -> list[str]:
    """Write the administrator's kubeconfig and return the controller manager's arguments."""
    controllers = CONTROLLERS if site.settings.data_plane is None else CONTROLLERS + WORKLOAD_CONTROLLERS
    return [
        f"--kubeconfig={site.access(site.admin_kubeconfig, site.admin_token)}",
        f"--controllers={','.join(controllers)}",
        # A busy machine delays heartbeats; nodes go when their machine goes, not when it is slow.
        f"--node-monitor-grace-period={NODE_GRACE}",
        f"--node-startup-grace-period={NODE_GRACE}",
        "--node-monitor-period=1s",
        "--kube-api-qps=100",
        "--kube-api-burst=200",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        "--secure-port=0",
        f"--service-account-private-key-file={site.certificates.service_account_key}",
        f"--root-ca-file={site.certificates.authority}",
    ]


def _authorization(folder: Path, access_review_url: str | None) -> str:
    """Choose RBAC, after the access review for users that a token review has named; no answer is kept."""
    if access_review_url is None:
        return "--authorization-mode=RBAC"
    connection = kubeconfig(folder / "access-review.kubeconfig", {"server": access_review_url}, {})
    webhook = {
        "timeout": f"{WEBHOOK_SECONDS}s",
        "subjectAccessReviewVersion": "v1",
        "matchConditionSubjectAccessReviewVersion": "v1",
        "cacheAuthorizedRequests": False,
        "cacheUnauthorizedRequests": False,
        "failurePolicy": "Deny",
        "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": str(connection)},
        "matchConditions": [{"expression": "'canonicalArn' in request.extra"}],
    }
    configuration = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthorizationConfiguration",
        "authorizers": [
            {"type": "Webhook", "name": "access", "webhook": webhook},
            {"type": "RBAC", "name": "rbac"},
        ],
    }
    path = write_private(folder / "authorization.json", json.dumps(configuration).encode())
    return f"--authorization-config={path}"


def kubeconfig(path: Path, cluster: dict[str, str], user: dict[str, str]) -> Path:
    """Write a kubeconfig that only its owner may read, and return its path."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": cluster}],
        "users": [{"name": "lab", "user": user}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        "current-context": "lab",
    }
    return write_private(path, json.dumps(content).encode())
