"""The kubeconfig of the explicit Kubernetes provider: a login command, never a token."""

import json
from collections.abc import Sequence

import pulumi

from podsg.model import LoginSpec, login_arguments

EXEC_API_VERSION = "client.authentication.k8s.io/v1beta1"


def kubeconfig(
    cluster_name: str, endpoint: str, certificate_authority_data: str, command: str, arguments: Sequence[str]
) -> str:
    """Write a kubeconfig for one cluster, as JSON (which is YAML).

    Args:
        cluster_name: Name of cluster, user and context.
        endpoint: URL of the Kubernetes API.
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
            "clusters": [{"name": cluster_name, "cluster": cluster}],
            "contexts": [{"name": cluster_name, "context": {"cluster": cluster_name, "user": cluster_name}}],
            "current-context": cluster_name,
            "users": [{"name": cluster_name, "user": {"exec": login}}],
        }
    )


def cluster_kubeconfig(
    name: pulumi.Input[str],
    endpoint: pulumi.Input[str],
    authority: pulumi.Input[str],
    region: pulumi.Input[str],
    login: LoginSpec,
) -> pulumi.Output[str]:
    """Write the kubeconfig of a cluster as soon as EKS tells its endpoint.

    Args:
        name: Name of the cluster.
        endpoint: URL of its Kubernetes API.
        authority: Certificate of the API's authority, base64.
        region: Region of the cluster.
        login: How to log in.
    """
    return pulumi.Output.all(name, endpoint, authority, region).apply(
        lambda found: kubeconfig(
            found[0], found[1], found[2], login.command, login_arguments(login, found[0], found[3])
        )
    )
