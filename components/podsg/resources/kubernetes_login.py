"""The kubeconfig of the explicit Kubernetes provider: a login command, never a token."""

import pulumi

from podsg.model import LoginSpec, login_arguments
from podsg.model.kubeconfig import kubeconfig

__all__ = ["cluster_kubeconfig", "kubeconfig"]


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
