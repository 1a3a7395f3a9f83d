"""EKS: ENIConfig, the DaemonSet and the ConfigMap come with the VPC CNI and go with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .eks_scene import ADMIN_POLICY, SETTLE_SECONDS, EksScene, scene_of
from .row import Clients, Row, eventually, refused

_AGENT = "/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node"
_SETTINGS = "/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni"
_PATH = "/apis/crd.k8s.amazonaws.com/v1alpha1/eniconfigs"
_CUSTOM_NETWORK = {
    "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
    "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
}


@dataclass
class Api:
    """A cluster's API as its administrator sees it."""

    scene: EksScene
    cluster: str
    token: str

    @classmethod
    def of(cls, scene: EksScene, cluster: str) -> Api:
        user, eks = scene.user(), scene.clients.eks
        names = {"clusterName": cluster, "principalArn": user.arn}
        eks.create_access_entry(**names)
        eks.associate_access_policy(**names, policyArn=ADMIN_POLICY, accessScope={"type": "cluster"})
        return cls(scene, cluster, user.token(cluster))

    def status(self, name: str = "") -> int:
        return self.scene.ask(self.cluster, self.token, _PATH + name)

    def create(self, name: str, **spec: Any) -> int:
        body = {
            "apiVersion": "crd.k8s.amazonaws.com/v1alpha1",
            "kind": "ENIConfig",
            "metadata": {"name": name},
            "spec": spec,
        }
        return self.scene.ask(self.cluster, self.token, _PATH, body)

    def variables(self) -> dict[str, str] | None:
        """Return the variables of aws-node and of its init container; None if there is no DaemonSet."""
        status, content = self.scene.send(self.cluster, self.token, _AGENT)
        if status == 404:
            return None
        spec = json.loads(content)["spec"]["template"]["spec"]
        (init,), first = spec["initContainers"], spec["containers"][0]
        return {each["name"]: each.get("value", "") for each in (*init["env"], *first["env"])}

    @property
    def names(self) -> dict[str, str]:
        return {"clusterName": self.cluster, "addonName": "vpc-cni"}

    def install(self, **more: Any) -> None:
        self.scene.clients.eks.create_addon(**self.names, **more)
        self.scene.wait("describe_addon", "addon", "ACTIVE", **self.names)

    def uninstall(self, **more: Any) -> None:
        eks = self.scene.clients.eks
        eks.delete_addon(**self.names, **more)
        eventually(lambda: eks.list_addons(clusterName=self.cluster)["addons"], [], SETTLE_SECONDS)


@contextmanager
def _running(clients: Clients, *, self_managed: bool = False) -> Iterator[Api]:
    """Have a cluster for a while, without any add-on or with the self-managed ones."""
    scene = scene_of(clients)
    started = scene.start(
        bootstrapSelfManagedAddons=self_managed,
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
    )
    yield Api.of(scene, started["name"])
    clients.eks.delete_cluster(name=started["name"])


def _comes_and_goes(clients: Clients) -> None:
    with _running(clients) as api:
        assert (api.status(), api.create("a", subnet="subnet-1")) == (404, 404)
        api.install(configurationValues=json.dumps({"env": _CUSTOM_NETWORK}))
        assert api.create("a", subnet="subnet-1", securityGroups=["sg-1"]) == 201
        assert api.create("b", securityGroups=["sg-1"]) == 422
        assert api.create("c", subnet="subnet-1", securityGroups="sg-1") == 422
        api.uninstall(preserve=True)
        assert api.status("/a") == 200
        api.install()
        api.uninstall()
        assert api.status() == 404
        api.install()
        assert (api.status(), api.status("/a")) == (200, 404)


def _values_make_objects(clients: Clients) -> None:
    with _running(clients) as api:
        subnets = {
            "us-west-2a": {"id": "subnet-1", "securityGroups": ["sg-1"]},
            "us-west-2b": {"id": "subnet-2"},
        }
        api.install(configurationValues=_values(subnets))
        assert api.create("own", subnet="subnet-3") == 201
        assert (api.status("/us-west-2a"), api.status("/us-west-2b")) == (200, 200)
        del subnets["us-west-2b"]
        started = clients.eks.update_addon(**api.names, configurationValues=_values(subnets))
        api.scene.update(started, api.cluster, addonName="vpc-cni")
        eventually(lambda: api.status("/us-west-2b"), 404)
        assert (api.status("/us-west-2a"), api.status("/own")) == (200, 200)


def _values(subnets: Any, **more: Any) -> str:
    return json.dumps({"eniConfig": {"create": True, "region": "us-west-2", "subnets": subnets} | more})


def _values_reach_pods(clients: Clients) -> None:
    with _running(clients) as api:
        text = json.dumps({"env": {"ENABLE_POD_ENI": "true"}, "init": {"env": {"ENABLE_V6_EGRESS": "true"}}})
        assert api.variables() is None
        api.install(configurationValues=text)
        found = api.variables() or {}
        assert (found["ENABLE_POD_ENI"], found["ENABLE_V6_EGRESS"]) == ("true", "true")
        assert (found["DISABLE_TCP_EARLY_DEMUX"], found["WARM_ENI_TARGET"]) == ("false", "1")
        other = json.dumps({"env": {"WARM_IP_TARGET": "3"}})
        started = clients.eks.update_addon(**api.names, configurationValues=other)
        api.scene.update(started, api.cluster, addonName="vpc-cni")
        found = api.variables() or {}
        assert (found["ENABLE_POD_ENI"], found["WARM_IP_TARGET"]) == ("false", "3")
        assert json.loads(api.scene.send(api.cluster, api.token, _SETTINGS)[1])["data"] == {
            "branch-eni-cooldown": "60",
            "enable-network-policy-controller": "false",
            "enable-windows-ipam": "false",
        }
        api.uninstall(preserve=True)
        assert api.variables() == found
        api.install()
        api.uninstall()
        assert api.variables() is None
        assert api.scene.send(api.cluster, api.token, _SETTINGS)[0] == 404


def _self_managed(clients: Clients) -> None:
    with _running(clients, self_managed=True) as api:
        assert api.status() == 200
        assert api.variables() is not None


def _refuses(*values: str) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        names = {"clusterName": scene_of(clients).main, "addonName": "vpc-cni"}
        for text in values:
            with refused("InvalidParameterException"):
                clients.eks.create_addon(**names, configurationValues=text)

    return check


_CHART = "aws/amazon-vpc-cni-k8s charts/aws-vpc-cni, "

ROWS = [
    Row(
        "eks-eniconfig",
        "ENIConfig is known while the VPC CNI add-on is there, and after it if preserved",
        _CHART + "crds; aws/containers-roadmap issue 2659; EKS API reference, DeleteAddon (preserve)",
        _comes_and_goes,
    ),
    Row(
        "eks-eniconfig-values",
        "configuration values make ENIConfigs and take them away",
        _CHART + "templates/eniconfig.yaml",
        _values_make_objects,
    ),
    Row(
        "eks-addon-values-pods",
        "configuration values are merged over the defaults of aws-node, and go with them",
        _CHART + "values.yaml, templates/daemonset.yaml; EKS API reference, DeleteAddon (preserve)",
        _values_reach_pods,
    ),
    Row(
        "eks-eniconfig-self-managed",
        "a cluster with self-managed add-ons knows ENIConfig from the start",
        "EKS API reference, CreateCluster (bootstrapSelfManagedAddons)",
        _self_managed,
    ),
    Row(
        "eks-eniconfig-values-form",
        "ENIConfigs in configuration values have an id per zone",
        _CHART + "values.yaml",
        _refuses(
            _values({"us-west-2a": {"subnet": "subnet-1"}}),
            _values({"us-west-2a": {"id": "subnet-1", "securityGroups": "sg-1"}}),
            _values({"us-west-2a": "subnet-1"}),
            _values({}, create="true"),
            json.dumps({"eniConfig": {"create": True}}),
            json.dumps({"env": _CUSTOM_NETWORK | {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": True}}),
        ),
    ),
]
