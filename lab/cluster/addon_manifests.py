"""What the add-ons run in a cluster: objects by add-on, applied as EKS applies them.

Source: EKS user guide, "Determine fields you can customize for Amazon EKS add-ons" (server-side apply with
field manager eks); aws/amazon-vpc-cni-k8s charts/aws-vpc-cni (names, labels, defaults of the VPC CNI).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from kubernetes import client

from lab.cluster.admin import APPLY, MANAGER, REQUEST_SECONDS, Admin

Manifest = dict[str, Any]

_FOLDER = Path(__file__).parent / "manifests"
_REGISTRY = "602401143452.dkr.ecr.{region}.amazonaws.com"
"""Source: EKS user guide, "View Amazon container image registries for Amazon EKS add-ons"."""
_POD_KEYS = ("affinity", "nodeSelector", "tolerations", "topologySpreadConstraints")


class Calls(NamedTuple):
    """The calls of one kind of object."""

    api: type
    patch: str
    delete: str


_CALLS = {
    kind: Calls(api, f"patch_namespaced_{name}", f"delete_namespaced_{name}")
    for kind, api, name in (
        ("ServiceAccount", client.CoreV1Api, "service_account"),
        ("ConfigMap", client.CoreV1Api, "config_map"),
        ("Service", client.CoreV1Api, "service"),
        ("DaemonSet", client.AppsV1Api, "daemon_set"),
        ("Deployment", client.AppsV1Api, "deployment"),
    )
}


@dataclass(frozen=True)
class Installation:
    """Say which add-on is wanted where, and with which configuration values."""

    addon: str
    version: str
    cluster: str
    vpc_id: str
    region: str
    values: Mapping[str, Any]

    def objects(self) -> list[Manifest]:
        """Return the objects with the configuration values merged over the defaults; empty if it has none."""
        path = _FOLDER / f"{self.addon}.yaml"
        if not path.is_file():
            return []
        text = path.read_text(encoding="utf-8")
        for word, value in self._words().items():
            text = text.replace(word, value)
        found: list[Manifest] = list(yaml.safe_load_all(text))
        for each in found:
            _configure(each, self.values)
        return found

    def _words(self) -> dict[str, str]:
        return {
            "REGISTRY": _REGISTRY.format(region=self.region),
            "ADDON_VERSION": self.version,
            "value: CLUSTER}": f'value: "{self.cluster}"}}',
            "value: VPC}": f'value: "{self.vpc_id}"}}',
        }


def apply(admin: Admin, objects: Iterable[Manifest], *, keep_data: bool = False) -> None:
    """Apply objects as EKS does.

    Args:
        admin: The lab's access to the API server.
        objects: What is wanted.
        keep_data: Leave entries of ConfigMaps that others have changed (PRESERVE); else EKS's own win.

    Raises:
        ApiException: The API server refuses one.
    """
    for each in objects:
        wanted = _with_present_data(admin, each) if keep_data and each["kind"] == "ConfigMap" else each
        metadata, calls = wanted["metadata"], _CALLS[wanted["kind"]]
        _call(admin, calls.api, calls.patch)(
            metadata["name"],
            metadata["namespace"],
            wanted,
            field_manager=MANAGER,
            force=True,
            _content_type=APPLY,
            _request_timeout=REQUEST_SECONDS,
        )


def delete(admin: Admin, objects: Iterable[Manifest]) -> None:
    """Delete objects with what they own; one that is gone already is success."""
    for each in objects:
        metadata, calls = each["metadata"], _CALLS[each["kind"]]
        try:
            _call(admin, calls.api, calls.delete)(
                metadata["name"], metadata["namespace"], _request_timeout=REQUEST_SECONDS
            )
        except client.ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise


def _call(admin: Admin, api: type, name: str) -> Callable[..., Any]:
    call: Callable[..., Any] = getattr(api(admin.api), name)
    return call


def _with_present_data(admin: Admin, wanted: Manifest) -> Manifest:
    metadata = wanted["metadata"]
    try:
        present: Any = client.CoreV1Api(admin.api).read_namespaced_config_map(
            metadata["name"], metadata["namespace"], _request_timeout=REQUEST_SECONDS
        )
    except client.ApiException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return wanted
    return wanted | {"data": wanted["data"] | (present.data or {})}


def _configure(manifest: Manifest, values: Mapping[str, Any]) -> None:
    """Merge configuration values into one object."""
    data = manifest.get("data", {})
    for key, name in (
        ("enableNetworkPolicy", "enable-network-policy-controller"),
        ("enableWindowsIpam", "enable-windows-ipam"),
        ("corefile", "Corefile"),
    ):
        if key in values and name in data:
            data[name] = values[key]
    if manifest["kind"] not in {"DaemonSet", "Deployment"}:
        return
    spec = manifest["spec"]
    if "replicas" in spec and "replicaCount" in values:
        spec["replicas"] = values["replicaCount"]
    metadata, pod = spec["template"]["metadata"], spec["template"]["spec"]
    metadata["labels"] = dict(values.get("podLabels", {})) | metadata["labels"]
    if "podAnnotations" in values:
        metadata["annotations"] = dict(values["podAnnotations"])
    pod.update({key: values[key] for key in _POD_KEYS if key in values})
    first = pod["containers"][0]
    if "resources" in values:
        first["resources"] = values["resources"]
    _merge_variables(first, values.get("env", {}))
    for container in pod.get("initContainers", ()):
        _merge_variables(container, values.get("init", {}).get("env", {}))


def _merge_variables(container: Manifest, variables: Mapping[str, str]) -> None:
    kept = [each for each in container.get("env", ()) if each["name"] not in variables]
    merged = [*kept, *({"name": name, "value": value} for name, value in variables.items())]
    if merged:
        container["env"] = sorted(merged, key=lambda each: str(each["name"]))
