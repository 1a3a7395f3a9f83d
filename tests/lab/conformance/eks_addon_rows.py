"""EKS: add-ons."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .eks_node_rows import running
from .eks_scene import SETTLE_SECONDS, scene_of
from .row import Clients, Row, eventually, refused

ADDONS = "EKS API reference, CreateAddon"
CONFIGURATION = "EKS API reference, DescribeAddonConfiguration; issue 2491 of aws/amazon-vpc-cni-k8s"
CNI = {
    "env": {"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "strict"},
    "init": {"env": {"DISABLE_TCP_EARLY_DEMUX": "true"}},
}


@contextmanager
def _installed(clients: Clients, name: str = "vpc-cni", **more: Any) -> Iterator[dict[str, str]]:
    """Have an add-on for a while; gives its names. What it runs stays: nodes of other rows need it."""
    scene = scene_of(clients)
    names = {"clusterName": scene.main, "addonName": name}
    assert clients.eks.create_addon(**names, **more)["addon"]["status"] == "CREATING"
    eventually(
        lambda: clients.eks.describe_addon(**names)["addon"]["status"] == "CREATING", False, SETTLE_SECONDS
    )
    yield names
    assert clients.eks.delete_addon(**names, preserve=True)["addon"]["status"] == "DELETING"
    eventually(lambda: name in clients.eks.list_addons(clusterName=scene.main)["addons"], False)
    with refused("ResourceNotFoundException", f"No addon: {name} found in cluster: {scene.main}"):
        clients.eks.describe_addon(**names)


def _refuses_addon(**changes: Any) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        request = {"clusterName": scene_of(clients).main, "addonName": "kube-proxy"} | changes
        with refused("InvalidParameterException"):
            clients.eks.create_addon(**request)
        assert (
            request["addonName"] not in clients.eks.list_addons(clusterName=request["clusterName"])["addons"]
        )

    return check


def _refuses_values(*values: Any) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        for each in values:
            text = each if isinstance(each, str) else json.dumps(each)
            _refuses_addon(addonName="vpc-cni", configurationValues=text)(clients)

    return check


def _addon_life(clients: Clients) -> None:
    text = json.dumps(CNI)
    with _installed(clients, configurationValues=text, tags={"a": "1"}) as names:
        found = clients.eks.describe_addon(**names)["addon"]
        assert (found["status"], found["configurationValues"]) == ("ACTIVE", text)
        assert clients.eks.list_tags_for_resource(resourceArn=found["addonArn"])["tags"] == {"a": "1"}
        with refused("ResourceInUseException", "Addon already exists."):
            clients.eks.create_addon(**names)


def _mode_is_any_text(clients: Clients) -> None:
    values = {"env": {"POD_SECURITY_GROUP_ENFORCING_MODE": "stirct"}}
    with _installed(clients, configurationValues=json.dumps(values)) as names:
        assert clients.eks.describe_addon(**names)["addon"]["configurationValues"] == json.dumps(values)


def _addon_keeps_values(clients: Clients) -> None:
    scene = scene_of(clients)
    text = json.dumps(CNI)
    versions = clients.eks.describe_addon_versions(addonName="vpc-cni")["addons"][0]["addonVersions"]
    with _installed(clients, configurationValues=text, addonVersion=versions[1]["addonVersion"]) as names:
        addon = {"addonName": names["addonName"]}
        for rule, expected in (("PRESERVE", text), ("OVERWRITE", None)):
            started = clients.eks.update_addon(
                **names, addonVersion=versions[0]["addonVersion"], resolveConflicts=rule
            )
            assert started["update"]["type"] == "AddonUpdate"
            with refused("ResourceInUseException"):
                clients.eks.update_addon(**names, resolveConflicts=rule)
            scene.update(started, scene.main, **addon)
            found = clients.eks.describe_addon(**names)["addon"]
            assert found["addonVersion"] == versions[0]["addonVersion"]
            assert found.get("configurationValues") == expected
        with refused("InvalidParameterException"):
            clients.eks.update_addon(**names, configurationValues='{"env": {"NO_SUCH": "1"}}')


def _addon_takes_values(clients: Clients) -> None:
    scene = scene_of(clients)
    other = json.dumps(CNI | {"init": {"env": {"DISABLE_TCP_EARLY_DEMUX": "false"}}})
    with _installed(clients, configurationValues=json.dumps(CNI)) as names:
        started = clients.eks.update_addon(**names, configurationValues=other, resolveConflicts="PRESERVE")
        scene.update(started, scene.main, addonName=names["addonName"])
        assert clients.eks.describe_addon(**names)["addon"]["configurationValues"] == other


def _each_update_counts(clients: Clients) -> None:
    """Each begins at another moment of the second in which EKS looks at the add-on by itself."""
    scene = scene_of(clients)
    with _installed(clients) as names:
        for number in range(6):
            time.sleep(number / 6)
            text = json.dumps({"env": {"WARM_ENI_TARGET": str(number)}})
            started = clients.eks.update_addon(**names, configurationValues=text)
            scene.update(started, scene.main, addonName=names["addonName"])
            assert clients.eks.describe_addon(**names)["addon"]["configurationValues"] == text


def _setting(clients: Clients) -> str:
    path = "/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni"
    return str(scene_of(clients).read(path)["data"]["branch-eni-cooldown"])


def _keeps_settings(clients: Clients) -> None:
    scene = scene_of(clients)
    with _installed(clients, resolveConflicts="OVERWRITE") as names:
        scene.change(
            "/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni", {"branch-eni-cooldown": "90"}
        )
        for rule, expected in (("PRESERVE", "90"), ("OVERWRITE", "60")):
            started = clients.eks.update_addon(
                **names, configurationValues=json.dumps(CNI), resolveConflicts=rule
            )
            scene.update(started, scene.main, addonName=names["addonName"])
            assert _setting(clients) == expected


def _needs_nodes(clients: Clients) -> None:
    scene = scene_of(clients)
    with _installed(clients, "coredns") as names:
        found = scene.wait("describe_addon", "addon", "DEGRADED", **names)
        assert [each["code"] for each in found["health"]["issues"]] == ["InsufficientNumberOfReplicas"]
        with running(clients):
            found = scene.wait("describe_addon", "addon", "ACTIVE", **names)
            assert found["health"]["issues"] == []
        scene.wait("describe_addon", "addon", "DEGRADED", **names)


def _schema(clients: Clients) -> None:
    version = clients.eks.describe_addon_versions(addonName="vpc-cni")["addons"][0]["addonVersions"][0]
    found = clients.eks.describe_addon_configuration(
        addonName="vpc-cni", addonVersion=version["addonVersion"]
    )
    schema = json.loads(found["configurationSchema"])
    assert schema["properties"]["env"]["properties"]["ENABLE_POD_ENI"] == {"type": "string"}
    assert "DISABLE_TCP_EARLY_DEMUX" in schema["properties"]["init"]["properties"]["env"]["properties"]
    (default,) = [each for each in version["compatibilities"] if each["clusterVersion"] == "1.34"]
    assert default["defaultVersion"] is True


ROWS = [
    Row(
        "eks-addon-each-update",
        "Every update ends Successful with its values",
        "EKS API reference, UpdateAddon, Update",
        _each_update_counts,
    ),
    Row("eks-addon-name", "Unknown add-ons are refused", ADDONS, _refuses_addon(addonName="vpc-cnii")),
    Row("eks-addon-version", "Unknown versions are refused", ADDONS, _refuses_addon(addonVersion="v0.0.1")),
    Row(
        "eks-addon-values-form",
        "Configuration values are an object",
        CONFIGURATION,
        _refuses_values("[1]", "{"),
    ),
    Row(
        "eks-addon-values-unknown",
        "Unknown configuration keys are refused",
        CONFIGURATION,
        _refuses_values(
            {"environment": {}},
            {"Init": {"env": {}}},
            {"InitEnv": {}},
            {"init": {"Env": {}}},
            {"env": {"NO_SUCH": "1"}},
            {"init": {"env": {"ENABLE_POD_ENI": "true"}}},
        ),
    ),
    Row(
        "eks-addon-values-demux",
        "Early demux is a variable of the init container",
        CONFIGURATION,
        _refuses_values({"env": {"DISABLE_TCP_EARLY_DEMUX": "true"}}),
    ),
    Row(
        "eks-addon-values-text",
        "Configuration values of the VPC CNI are text",
        "issue 3059 of aws/amazon-vpc-cni-k8s",
        _refuses_values({"env": {"ENABLE_POD_ENI": True}}, {"env": {"WARM_IP_TARGET": 1}}),
    ),
    Row(
        "eks-addon-values-mode",
        "The enforcing mode is not checked: any text is taken",
        "issue 3059 of aws/amazon-vpc-cni-k8s",
        _mode_is_any_text,
    ),
    Row("eks-addon-life", "An add-on is CREATING, ACTIVE, DELETING, gone", ADDONS, _addon_life),
    Row(
        "eks-addon-values-kept",
        "PRESERVE keeps the configuration values, OVERWRITE without values drops them",
        "EKS API reference, UpdateAddon (resolveConflicts); issue 2268 of aws/amazon-vpc-cni-k8s",
        _addon_keeps_values,
    ),
    Row(
        "eks-addon-values-set",
        "PRESERVE with configuration values sets them",
        "EKS API reference, UpdateAddon (configurationValues, resolveConflicts)",
        _addon_takes_values,
    ),
    Row(
        "eks-addon-settings-kept",
        "PRESERVE keeps what others have set in the ConfigMap, OVERWRITE does not",
        "EKS API reference, UpdateAddon (resolveConflicts)",
        _keeps_settings,
    ),
    Row(
        "eks-addon-needs-nodes",
        "CoreDNS is DEGRADED without nodes",
        "EKS API reference, AddonIssue (InsufficientNumberOfReplicas)",
        _needs_nodes,
    ),
    Row(
        "eks-addon-schema", "Versions and the schema of configuration values are told", CONFIGURATION, _schema
    ),
]
