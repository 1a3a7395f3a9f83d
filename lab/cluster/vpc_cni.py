"""What the VPC CNI brings to a cluster's API: the definition of ENIConfig, and ENIConfigs if configured.

Source: aws/amazon-vpc-cni-k8s `charts/aws-vpc-cni` (crds, templates/eniconfig.yaml); aws/containers-roadmap
issue 2659 (deleting the managed add-on deletes its definitions, too).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client

from lab.cluster.admin import APPLY, MANAGER, REQUEST_SECONDS, Admin

_DEFINITION = Path(__file__).parent / "definitions" / "eniconfigs.yaml"
_KIND = ("crd.k8s.amazonaws.com", "v1alpha1", "eniconfigs")
"""Group, version and plural."""


def install(admin: Admin, eni_configs: Mapping[str, Mapping[str, Any]]) -> None:
    """Apply the definition and the ENIConfigs; those that were applied before and are not wanted any more go.

    Args:
        admin: The lab's access to the API server.
        eni_configs: Specifications by name, as the add-on's configuration values ask for them.
    """
    admin.apply_definition(yaml.safe_load(_DEFINITION.read_text(encoding="utf-8")))
    api: Any = client.CustomObjectsApi(admin.api)
    for name, spec in eni_configs.items():
        body = {
            "apiVersion": "/".join(_KIND[:2]),
            "kind": "ENIConfig",
            "metadata": {"name": name},
            "spec": dict(spec),
        }
        api.patch_cluster_custom_object(
            *_KIND,
            name,
            body,
            field_manager=MANAGER,
            force=True,
            _content_type=APPLY,
            _request_timeout=REQUEST_SECONDS,
        )
    found = api.list_cluster_custom_object(*_KIND, _request_timeout=REQUEST_SECONDS)["items"]
    for metadata in (each["metadata"] for each in found):
        if metadata["name"] not in eni_configs and _is_ours(metadata):
            api.delete_cluster_custom_object(*_KIND, metadata["name"], _request_timeout=REQUEST_SECONDS)


def remove(admin: Admin) -> None:
    """Delete the definition, and with it every ENIConfig, and wait until it is gone."""
    admin.delete_definition(f"{_KIND[2]}.{_KIND[0]}")


def _is_ours(metadata: Mapping[str, Any]) -> bool:
    return any(each["manager"] == MANAGER for each in metadata.get("managedFields", ()))
