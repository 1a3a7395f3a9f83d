"""Drive the plugin in the engine's order, and the objects that the tests are about."""

from __future__ import annotations

from typing import Any

from lab.plugins.interface import CheckFailure, DiffResult, ResourceState, Urn
from lab.plugins.kubernetes.plugin import KubernetesPlugin
from lab.plugins.wire import Secret

NAMESPACE = "kubernetes:core/v1:Namespace"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
POLICY = "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy"
MERGE_PATCH = "application/merge-patch+json"
GROUP = "sg-0123456789abcdef0"

Values = dict[str, Any]


class Engine:
    """Call the plugin in the engine's order."""

    def __init__(self, **args: Any) -> None:
        self.plugin = KubernetesPlugin()
        self.plugin.configure(args)

    def check(
        self, token: str, inputs: Values, olds: Values | None = None, name: str = "thing"
    ) -> tuple[Values, list[CheckFailure]]:
        checked, failures = self.plugin.check(urn(token, name), olds or {}, inputs, b"seed" * 8)
        return plain(checked), list(failures)

    def up(
        self, token: str, inputs: Values, old: ResourceState | None = None, timeout: float = 30
    ) -> ResourceState:
        checked, failures = self.check(token, inputs, old.inputs if old else None)
        assert failures == []
        if old is None:
            new_id, outputs = self.plugin.create(urn(token), checked, timeout=timeout, preview=False)
        else:
            new_id = old.id
            outputs = self.plugin.update(urn(token), old, checked, timeout=timeout, preview=False)
        return ResourceState(new_id, plain(outputs), checked)

    def diff(self, token: str, old: ResourceState, inputs: Values, *ignore: str) -> DiffResult:
        checked, failures = self.check(token, inputs, old.inputs)
        assert failures == []
        return self.plugin.diff(urn(token), old, checked, ignore)

    def preview(self, token: str, inputs: Values) -> Values:
        checked, failures = self.check(token, inputs)
        assert failures == []
        new_id, outputs = self.plugin.create(urn(token), checked, timeout=0, preview=True)
        assert new_id == ""
        return outputs

    def refresh(self, token: str, old: ResourceState) -> ResourceState | None:
        found = self.plugin.read(urn(token), old)
        return found and ResourceState(found.id, plain(found.outputs), plain(found.inputs))

    def delete(self, token: str, old: ResourceState, timeout: float = 30) -> None:
        self.plugin.delete(urn(token), old, timeout=timeout)


def urn(token: str, name: str = "thing") -> Urn:
    return Urn(f"urn:pulumi:dev::podsg::podsg:index:X${token}::{name}")


def plain(value: Any) -> Any:
    """The base re-marks by the inputs; here the marks of a Secret object only are in the way."""
    return {k: v.value if isinstance(v, Secret) else v for k, v in value.items()}


def unwatched(name: str) -> Values:
    return {"metadata": {"name": name, "annotations": {"pulumi.com/skipAwait": "true"}}}


def policy(space: str, *groups: object, **metadata: Any) -> Values:
    return {
        "metadata": {"name": "rds-access", "namespace": space, **metadata},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "catalog"}},
            "securityGroups": {"groupIds": list(groups or (GROUP,))},
        },
    }


def deployment(space: str, **spec: Any) -> Values:
    container = {"name": "c", "image": "i", "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}}}
    template = {"metadata": {"labels": {"app": "catalog"}}, "spec": {"containers": [container]}}
    selector = {"matchLabels": {"app": "catalog"}}
    return {
        "metadata": {"name": "d", "namespace": space, "annotations": {"pulumi.com/skipAwait": "true"}},
        "spec": {"selector": selector, "template": template, **spec},
    }
