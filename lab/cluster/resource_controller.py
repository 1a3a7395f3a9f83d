"""What EKS puts into a cluster's API for the VPC Resource Controller: its rights and its webhooks.

Sources: amazon-vpc-resource-controller-k8s v1.8.2, `config/rbac/role.yaml`, `config/webhook/manifests.yaml`
(rules and paths) and `Makefile` (names of roles and bindings); EKS user guide, "Understand Amazon EKS
created RBAC roles and users".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client

from lab.cluster.admin import REQUEST_SECONDS, Admin
from lab.cluster.arguments import CONTROLLER_USER
from lab.errors import LabError

_RBAC = "rbac.authorization.k8s.io"
_ROLE_NAMES = {
    "ClusterRole": "vpc-resource-controller-role",
    "Role": "eks-vpc-resource-controller-role",
}
MUTATING = "vpc-resource-mutating-webhook"
VALIDATING = "vpc-resource-validating-webhook"


def install(admin: Admin, definitions: Path, webhook_url: str, authority: str) -> None:
    """Create roles, bindings and webhook configurations.

    Args:
        admin: The lab's access to the API server.
        definitions: Folder `crd/bases` of the controller's manifests; the others lie beside it.
        webhook_url: `https://127.0.0.1:<port>` of the controller's webhook server.
        authority: Certificate authority of that server, PEM in base64.

    Raises:
        LabError: The manifests are not there.
    """
    manifests = definitions.parent.parent
    rights: Any = client.RbacAuthorizationV1Api(admin.api)
    for role in _read(manifests / "rbac" / "role.yaml"):
        role["metadata"]["name"] = _ROLE_NAMES[role["kind"]]
        if role["kind"] == "ClusterRole":
            rights.create_cluster_role(role, _request_timeout=REQUEST_SECONDS)
            rights.create_cluster_role_binding(_binding(role), _request_timeout=REQUEST_SECONDS)
        else:
            space = role["metadata"]["namespace"]
            rights.create_namespaced_role(space, role, _request_timeout=REQUEST_SECONDS)
            rights.create_namespaced_role_binding(space, _binding(role), _request_timeout=REQUEST_SECONDS)
    webhooks: Any = client.AdmissionregistrationV1Api(admin.api)
    for configuration in _read(manifests / "webhook" / "manifests.yaml"):
        for webhook in configuration["webhooks"]:
            path = webhook["clientConfig"]["service"]["path"]
            webhook["clientConfig"] = {"url": webhook_url + path, "caBundle": authority}
        if configuration["kind"] == "MutatingWebhookConfiguration":
            configuration["metadata"]["name"] = MUTATING
            webhooks.create_mutating_webhook_configuration(configuration, _request_timeout=REQUEST_SECONDS)
        else:
            configuration["metadata"]["name"] = VALIDATING
            webhooks.create_validating_webhook_configuration(configuration, _request_timeout=REQUEST_SECONDS)


def _binding(role: dict[str, Any]) -> dict[str, Any]:
    name = role["metadata"]["name"]
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": f"{role['kind']}Binding",
        "metadata": role["metadata"] | {"name": f"{name}binding"},
        "roleRef": {"apiGroup": _RBAC, "kind": role["kind"], "name": name},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": CONTROLLER_USER}],
    }


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LabError(
            f"{path} cannot be read: {error.strerror}.",
            why="the VPC Resource Controller would have no rights and no webhooks in the cluster.",
            fix="run `make lab`, or point PODSG_LAB_CRDS to config/crd/bases of the controller's module.",
        ) from error
    return (each for each in yaml.safe_load_all(text) if each)
