"""The VPC CNI, as its DaemonSet and its ConfigMap tell it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from podsg.manifests.document import Document
from podsg.manifests.fields import FieldError, Fields, maybe
from podsg.manifests.kinds import CONFIG_MAP
from podsg.model.snapshot import NOT_READ, EniConfig, Maybe, Unknown, VpcCni

_NAMESPACE: Final = "kube-system"
_COOLDOWN: Final = "branch-eni-cooldown"
_AGENT: Final = "aws-eks-nodeagent"
_NETWORK_POLICY: Final = {"--enable-network-policy", "--enable-network-policy=true"}


def vpc_cni(documents: Iterable[Document], namespace: str = "") -> Maybe[VpcCni]:
    """Return the VPC CNI: from the DaemonSet aws-node and the ConfigMap amazon-vpc-cni in kube-system.

    Of several, the last one counts, as if they were applied one after the other.

    Args:
        documents: Objects of all kinds.
        namespace: Namespace of those that name none.

    Returns: What they tell; without the DaemonSet the cool-down alone; NOT_READ without both.
    """
    own = {
        (one.group, one.kind, one.name): one
        for one in documents
        if (one.namespace or namespace) == _NAMESPACE
    }
    config = own.get((*CONFIG_MAP, "amazon-vpc-cni"))
    daemons = own.get(("apps", "DaemonSet", "aws-node"))
    cooldown = maybe(lambda: _cooldown(config)) if config else NOT_READ
    if daemons:
        return replace(_of_daemons(daemons, namespace), cooldown=cooldown)
    if config:
        return VpcCni(config.place(namespace), NOT_READ, NOT_READ, NOT_READ, NOT_READ, cooldown)
    return NOT_READ


def eni_config(document: Document) -> EniConfig:
    """Return an ENIConfig of custom networking."""
    spec = Fields(document.content)
    return EniConfig(
        document.place(),
        document.name,
        maybe(lambda: spec.mapping("spec").text("subnet") or Unknown("the ENIConfig names no subnet")),
        maybe(lambda: spec.mapping("spec").words("securityGroups")),
    )


def _cooldown(config: Document) -> str | None:
    return Fields(config.content).mapping("data").text(_COOLDOWN) or None


def _of_daemons(document: Document, namespace: str) -> VpcCni:
    def pod() -> Fields:
        return Fields(document.content).required("spec").required("template").required("spec")

    return VpcCni(
        document.place(namespace),
        maybe(lambda: _version(_named(pod(), "containers", "aws-node").text("image"))),
        maybe(lambda: _env(_named(pod(), "containers", "aws-node"))),
        maybe(lambda: _env(_named(pod(), "initContainers", "aws-vpc-cni-init"))),
        maybe(lambda: _has_network_policy(pod())),
    )


def _named(pod: Fields, key: str, name: str) -> Fields:
    for one in pod.mappings(key):
        if one.text("name") == name:
            return one
    raise FieldError(pod.at(key), pod.values.get(key), f"a container {name}")


def _version(image: str) -> Maybe[str]:
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag or Unknown(f'the image "{image}" of aws-node has no tag')


def _env(container: Fields) -> Maybe[dict[str, Maybe[str]]]:
    if container.mappings("envFrom"):
        return Unknown(f"{container.at('envFrom')} sets variables that are not in the DaemonSet")
    return {one.text("name"): maybe(partial(_variable, one)) for one in container.mappings("env")}


def _variable(variable: Fields) -> Maybe[str]:
    sources = ", ".join(variable.mapping("valueFrom").values)
    return Unknown(f"it comes from {sources}") if sources else variable.text("value")


def _has_network_policy(pod: Fields) -> bool:
    """Tell what the agent is told; without the agent there is no network policy."""
    args = [
        word for one in pod.mappings("containers") if one.text("name") == _AGENT for word in one.words("args")
    ]
    return any(word in _NETWORK_POLICY for word in args)
