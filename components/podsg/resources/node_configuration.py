"""What a node is told at its first start."""

import base64
import json

_BOUNDARY = "podsg"


def node_user_data(max_pods: int) -> str:
    """Write the user data that limits the pods of an Amazon Linux 2023 node, as base64.

    Args:
        max_pods: Pods per node, those with branch ENIs among them (count, 1 or more).

    Source: EKS user guide, "Customize managed nodes with launch templates"; EKS merges it with its own.

    Example:
        >>> text = base64.b64decode(node_user_data(38)).decode()
        >>> json.loads(text.splitlines()[6])["spec"]
        {'kubelet': {'config': {'maxPods': 38}}}
    """
    configuration = {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"kubelet": {"config": {"maxPods": max_pods}}},
    }
    lines = [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"',
        "",
        f"--{_BOUNDARY}",
        "Content-Type: application/node.eks.aws",
        "",
        json.dumps(configuration),
        "",
        f"--{_BOUNDARY}--",
        "",
    ]
    return base64.b64encode("\n".join(lines).encode()).decode()
