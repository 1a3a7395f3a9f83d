"""The text of a kubeconfig: a login command, never a token."""

from __future__ import annotations

import json
from collections.abc import Sequence

EXEC_API_VERSION = "client.authentication.k8s.io/v1beta1"


def kubeconfig(
    cluster_name: str, endpoint: str, certificate_authority_data: str, command: str, arguments: Sequence[str]
) -> str:
    """Write a kubeconfig for one cluster, as JSON (which is YAML).

    Args:
        cluster_name: Name of user and context.
        endpoint: URL of the Kubernetes API, and name of the cluster in it: a cluster that replaced another
            has the other's name in EKS.
        certificate_authority_data: Certificate of the API's authority, base64.
        command: Program that prints an ExecCredential; run each time a token is needed, so none is kept.
        arguments: Its arguments.

    Example:
        >>> text = kubeconfig("dev-cluster", "https://127.0.0.1:6443", "QQ==", "aws", ["eks", "get-token"])
        >>> json.loads(text)["users"][0]["user"]["exec"]["command"]
        'aws'
    """
    cluster = {"server": endpoint, "certificate-authority-data": certificate_authority_data}
    login = {
        "apiVersion": EXEC_API_VERSION,
        "command": command,
        "args": list(arguments),
        "interactiveMode": "Never",
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": endpoint, "cluster": cluster}],
            "contexts": [{"name": cluster_name, "context": {"cluster": endpoint, "user": cluster_name}}],
            "current-context": cluster_name,
            "users": [{"name": cluster_name, "user": {"exec": login}}],
        }
    )


def cluster_of(kubeconfig: str) -> str:
    """Return the name of the only cluster of a kubeconfig.

    Example:
        >>> cluster_of(kubeconfig("dev-cluster", "https://127.0.0.1:6443", "QQ==", "aws", []))
        'https://127.0.0.1:6443'
    """
    return str(json.loads(kubeconfig)["clusters"][0]["name"])
