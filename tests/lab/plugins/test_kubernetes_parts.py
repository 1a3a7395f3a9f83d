"""The plugin's parts that need no cluster. Sources of the expectations are in their docstrings."""

from __future__ import annotations

import base64
import inspect
import json
from pathlib import Path
from typing import Any

import pulumi_kubernetes
import pytest

from lab.plugins.interface import DiffKind
from lab.plugins.kubernetes import config, diffing, fieldmanagers, objects, schemas, waiting
from lab.plugins.kubernetes.objects import Kind
from lab.plugins.wire import UNKNOWN

Values = dict[str, Any]
EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh"}
AUTHORITY = "-----BEGIN CERTIFICATE-----"


def kubeconfig(server: str = "https://one.example", **user: object) -> str:
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(AUTHORITY.encode()).decode()}
    other = {"server": "https://other.example"}
    content = {
        "clusters": [{"name": "one", "cluster": cluster}, {"name": "other", "cluster": other}],
        "users": [{"name": "me", "user": user or {"exec": EXEC}}],
        "contexts": [
            {"name": "one", "context": {"cluster": "one", "user": "me", "namespace": "catalog"}},
            {"name": "other", "context": {"cluster": "other", "user": "me"}},
            {"name": "nobody", "context": {"cluster": "one", "user": "nobody"}},
        ],
        "current-context": "one",
    }
    return json.dumps(content)


@pytest.mark.parametrize(
    ("news", "property_", "text"),
    [
        ({}, "kubeconfig", "no kubeconfig is given, and the lab uses no other"),
        ({"kubeconfig": ""}, "kubeconfig", "no kubeconfig is given"),
        ({"kubeconfig": kubeconfig(), "kubeConfig": "x"}, "kubeConfig", "did you mean 'kubeconfig'"),
        (
            {"kubeconfig": kubeconfig(), "deleteUnreachable": "yes"},
            "deleteUnreachable",
            "'yes' is not true or false",
        ),
        (
            {"kubeconfig": kubeconfig(), "renderYamlToDirectory": "x"},
            "renderYamlToDirectory",
            "not implemented",
        ),
        ({"kubeconfig": kubeconfig(), "enableServerSideApply": "false"}, "enableServerSideApply", "only"),
        ({"kubeconfig": "not: a kubeconfig"}, "kubeconfig", "names no cluster"),
        ({"kubeconfig": "{"}, "kubeconfig", "cannot be read"),
        (
            {"kubeconfig": kubeconfig(), "context": "two"},
            "kubeconfig",
            "no context 'two'; it has 'one', 'other'",
        ),
        ({"kubeconfig": kubeconfig(), "context": "nobody"}, "kubeconfig", "no user 'nobody'"),
        ({"kubeconfig": kubeconfig("")}, "kubeconfig", "has no server"),
        ({"kubeconfig": kubeconfig(username="u")}, "kubeconfig", "neither exec nor token"),
        (
            {"kubeconfig": kubeconfig(exec={"apiVersion": "v9"})},
            "kubeconfig",
            "exec apiVersion 'v9' is not one of",
        ),
        (
            {"kubeconfig": kubeconfig().replace('"server"', '"insecure-skip-tls-verify": true, "server"')},
            "kubeconfig",
            "insecure-skip-tls-verify is not accepted",
        ),
    ],
)
def test_provider_inputs_that_are_refused(news: Values, property_: str, text: str) -> None:
    failures = config.check(news)
    assert [item.property for item in failures] == [property_]
    assert text in failures[0].reason


@pytest.mark.parametrize(
    "news",
    [
        {"kubeconfig": UNKNOWN},
        {"kubeconfig": kubeconfig(), "context": UNKNOWN},
        {"kubeconfig": kubeconfig(), "deleteUnreachable": "true", "enableServerSideApply": True},
        {"kubeconfig": json.loads(kubeconfig())},
        {"kubeconfig": kubeconfig(token="t")},
    ],
)
def test_provider_inputs_that_are_accepted(news: Values) -> None:
    assert config.check(news) == []


def test_the_environments_kubeconfig_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(kubeconfig())
    assert config.check({"kubeconfig": str(path)}) == []
    monkeypatch.setenv("KUBECONFIG", str(path))
    assert "environment's KUBECONFIG" in config.check({"kubeconfig": str(path)})[0].reason
    with pytest.raises(config.KubeconfigError):
        config.settings({})


def test_the_settings_follow_inputs_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    found = config.settings({"kubeconfig": kubeconfig()})
    assert (found.target.cluster["server"], found.target.authority) == ("https://one.example", AUTHORITY)
    assert (found.namespace, found.delete_unreachable) == ("catalog", False)
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    other = config.settings({"kubeconfig": kubeconfig(), "context": "other"})
    assert (other.target.cluster["server"], other.namespace, other.delete_unreachable) == (
        "https://other.example",
        "default",
        True,
    )
    assert not config.settings({"kubeconfig": kubeconfig(), "deleteUnreachable": "false"}).delete_unreachable


@pytest.mark.parametrize(
    ("olds", "news", "changes", "replaces"),
    [
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig()}, False, []),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(token="t")}, True, []),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig("https://two")}, True, ["kubeconfig"]),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(), "cluster": "other"}, True, ["cluster"]),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": UNKNOWN}, True, ["kubeconfig"]),
        (
            {"kubeconfig": kubeconfig(), "clusterIdentifier": "a"},
            {"kubeconfig": kubeconfig("https://two"), "clusterIdentifier": "a"},
            True,
            [],
        ),
        (
            {"kubeconfig": kubeconfig(), "clusterIdentifier": "a"},
            {"kubeconfig": kubeconfig(), "clusterIdentifier": "b"},
            True,
            ["clusterIdentifier"],
        ),
    ],
)
def test_the_provider_is_replaced_for_another_cluster(
    olds: Values, news: Values, *, changes: bool, replaces: list[str]
) -> None:
    found = config.diff(olds, news)
    assert (found.changed, list(found.replaces)) == (changes, replaces)


def test_nothing_is_compared_after_an_unknown_kubeconfig() -> None:
    olds = {"kubeconfig": kubeconfig(), "cluster": "two", "clusterIdentifier": "a"}
    found = config.diff(olds, {**olds, "kubeconfig": UNKNOWN, "cluster": UNKNOWN})
    assert (list(found.replaces), list(found.detailed)) == ([], ["kubeconfig"])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, {}),
        ({"a": 1}, {"a": True}, {"a": DiffKind.UPDATE}),
        ({"a": None}, {}, {}),
        ({"a": {"b": 1}}, {"a": UNKNOWN}, {"a": DiffKind.UPDATE}),
        ({}, {"a": UNKNOWN}, {"a": DiffKind.ADD}),
        ({"a": [1]}, {"a": "1"}, {"a": DiffKind.UPDATE}),
        ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "1000m"}}, {}),
        ({"limits": {"memory": "1Gi"}}, {"limits": {"memory": "1024Mi"}}, {}),
        ({"limits": {"memory": "1Gi"}}, {"limits": {"memory": "1G"}}, {"limits.memory": DiffKind.UPDATE}),
        ({"data": {"cpu": "1"}}, {"data": {"cpu": "1000m"}}, {"data.cpu": DiffKind.UPDATE}),
    ],
)
def test_differences(old: Values, new: Values, expected: dict[str, DiffKind]) -> None:
    found = {diffing.path_text(path): kind for path, kind in diffing.differences(old, new)}
    assert found == expected


@pytest.mark.parametrize(
    ("path", "ignore", "expected"),
    [
        ("spec.replicas", "spec.replicas", True),
        ("spec.replicas", "spec", True),
        ("spec.replicasets", "spec.replicas", False),
        ("spec.ports[0].name", "spec.ports[*].name", True),
        ("metadata.labels.a", "metadata.*", True),
    ],
)
def test_ignored_paths(path: str, ignore: str, *, expected: bool) -> None:
    assert diffing.ignored(path, ["other", ignore]) is expected


@pytest.mark.parametrize(
    ("kind", "values", "path"),
    [
        (Kind("v1", "Secret"), {}, ("data",)),
        (Kind("v1", "ConfigMap"), {"immutable": True}, ("data",)),
        (Kind("batch/v1", "Job"), {}, ("spec", "template")),
        (Kind("rbac.authorization.k8s.io/v1", "RoleBinding"), {}, ("roleRef",)),
    ],
)
def test_paths_that_replace(kind: Kind, values: Values, path: diffing.Path) -> None:
    mutable = kind.name == "ConfigMap"
    found = diffing.replacing_paths(kind, values, config_map_mutable=mutable, secret_mutable=False)
    assert path in found


def test_fields_of_the_creator_go_to_the_manager_of_the_applies() -> None:
    created = {
        "manager": "pulumi-kubernetes",
        "operation": "Update",
        "fieldsV1": {"f:a": {}, "f:b": {"f:c": {}}},
    }
    applied = {"manager": "m", "operation": "Apply", "fieldsV1": {"f:b": {"f:d": {}}}}
    other = {
        "manager": "kubelet",
        "operation": "Update",
        "subresource": "status",
        "fieldsV1": {"f:status": {}},
    }
    live = {"metadata": {"managedFields": [created, applied, other]}}
    both: Values = {"f:a": {}, "f:b": {"f:c": {}, "f:d": {}}}
    assert fieldmanagers.take_over(live, "m") == [{**applied, "fieldsV1": both}, other]
    assert fieldmanagers.take_over({"metadata": {"managedFields": [other]}}, "m") is None
    assert fieldmanagers.forces({}, live, always=False, preview=True)
    assert not fieldmanagers.forces({}, live, always=False, preview=False)
    assert fieldmanagers.forces({}, {"metadata": {}}, always=False, preview=False)


def test_keys_that_sdks_cannot_spell() -> None:
    inputs = {"spec": [{"x_kubernetes_int_or_string": True, "x_kubernetes_other": 1}]}
    assert objects.from_inputs(inputs) == {
        "spec": [{"x-kubernetes-int-or-string": True, "x_kubernetes_other": 1}]
    }
    live = {"apiVersion": "v1", "spec": [{"x-kubernetes-int-or-string": True}]}
    outputs = objects.to_outputs(live, "m")
    assert outputs["spec"] == [{"x_kubernetes_int_or_string": True}]
    assert objects.from_outputs(outputs) == live


def test_a_schema_allows_what_it_leaves_open() -> None:
    definitions = {
        "Thing": {
            "x-kubernetes-group-version-kind": [{"group": "acme.io", "version": "v1", "kind": "Thing"}],
            "properties": {
                "spec": {"allOf": [{"$ref": "#/components/schemas/Spec"}], "default": {}},
                "free": {"type": "object"},
                "kept": {"properties": {"a": {}}, "x-kubernetes-preserve-unknown-fields": True},
            },
        },
        "Spec": {
            "properties": {
                "labels": {"additionalProperties": {"type": "string"}},
                "items": {"items": {"properties": {"a": {}}}},
            }
        },
    }
    kind = Kind("acme.io/v1", "Thing")
    good = {"spec": {"labels": {"x": "y"}, "items": [{"a": 1}]}, "free": {"z": 1}, "kept": {"z": 1}}
    assert schemas.check(definitions, kind, good) == []
    bad = schemas.check(definitions, kind, {"spec": {"items": [{"b": UNKNOWN}]}})
    assert [(item.property, item.reason) for item in bad] == [
        ("spec.items[0].b", "'b' is no field of Thing here; allowed: a")
    ]
    assert schemas.check(definitions, Kind("acme.io/v1", "Other"), {"b": 1}) == []


@pytest.mark.parametrize(
    ("option", "annotations", "expected"),
    [
        (5.0, {"pulumi.com/timeoutSeconds": "7"}, 5.0),
        (0, {"pulumi.com/timeoutSeconds": "7"}, 7.0),
        (0, {}, 600.0),
    ],
)
def test_time_limits(option: float, annotations: Values, expected: float) -> None:
    assert waiting.seconds(option, {"metadata": {"annotations": annotations}}) == expected


@pytest.mark.parametrize(
    ("chosen", "expected"), [("", "Foreground"), ("orphan", "Orphan"), ("Background", "Background")]
)
def test_propagation(chosen: str, expected: str) -> None:
    annotations = {"pulumi.com/deletionPropagationPolicy": chosen}
    assert waiting.propagation({"metadata": {"annotations": annotations}}) == expected


def test_the_options_are_those_of_the_published_provider() -> None:
    arguments = list(inspect.signature(pulumi_kubernetes.ProviderArgs).parameters)
    words = [name.split("_") for name in arguments]
    assert {first + "".join(map(str.capitalize, rest)) for first, *rest in words} == config._OPTIONS
