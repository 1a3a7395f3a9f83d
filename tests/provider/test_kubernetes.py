"""The Kubernetes client of the gates against an API in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from podsg.errors import (
    ApiUnreachableError,
    DisruptionBudgetError,
    ForbiddenError,
    KubernetesCallError,
)
from podsg.lifecycle.objects import Node, Pod, Policy
from podsg.provider.kubernetes import KubernetesApi, connect
from tests.provider.api_server import ApiServer, listed, serving

PODS, NODES = "GET /api/v1/pods", "GET /api/v1/nodes"
POLICIES = "GET /apis/vpcresources.k8s.aws/v1beta1/securitygrouppolicies"
COOLDOWN = "GET /api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni"
EVICTION = "POST /api/v1/namespaces/shop/pods/web/eviction"
REVIEW = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
ENI = "vpc.amazonaws.com/pod-eni"


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with serving() as running:
        yield running


@pytest.fixture
def api(server: ApiServer) -> Iterator[KubernetesApi]:
    made = connect(server.kubeconfig())
    yield made
    made._core.api_client.rest_client.pool_manager.clear()


def _pod(name: str, annotations: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": name, "annotations": annotations}
    containers = [{"name": "main"}]
    return {"metadata": metadata, "spec": {"containers": containers}, "status": {}, **more}


def test_the_login_command_gives_the_token(server: ApiServer, api: KubernetesApi) -> None:
    server.answer(NODES, listed())

    assert api.nodes() == ()
    assert server.tokens == {"Bearer let-me-in"}


def test_a_login_command_that_fails_names_the_api(server: ApiServer) -> None:
    with pytest.raises(
        KubernetesCallError, match=f"{server.url}: the login failed: `.* gives no credentials"
    ):
        connect(server.kubeconfig(login_status=1))


@pytest.mark.parametrize("users", [[], [{"name": "dev", "user": {}}], [{"name": "dev"}]])
def test_a_kubeconfig_without_credentials_is_refused(server: ApiServer, users: list[Any]) -> None:
    document = {**json.loads(server.kubeconfig()), "users": users}

    with pytest.raises(KubernetesCallError, match="the login failed"):
        connect(json.dumps(document))


def test_a_kubeconfig_with_a_token_needs_no_command(server: ApiServer) -> None:
    server.answer(NODES, listed())
    users = [{"name": "dev", "user": {"token": "let-me-in"}}]

    assert connect(json.dumps({**json.loads(server.kubeconfig()), "users": users})).nodes() == ()
    assert server.tokens == {"Bearer let-me-in"}


def test_nodes_are_read_to_the_last_page(server: ApiServer, api: KubernetesApi) -> None:
    # given a node of EC2 and one of elsewhere, on two pages
    first = {
        "metadata": {"name": "a", "labels": {"eks.amazonaws.com/nodegroup": "main"}},
        "spec": {"providerID": "aws:///us-west-2a/i-1", "unschedulable": True},
    }
    second = {"metadata": {"name": "b"}, "spec": {"providerID": "kwok://b"}}
    third = {"metadata": {"name": "c"}, "spec": {}}
    server.answer(NODES, listed(first, more="next"), listed(second, third))

    assert api.nodes() == (
        Node("a", "i-1", is_unschedulable=True, labels={"eks.amazonaws.com/nodegroup": "main"}),
        Node("b"),
        Node("c"),
    )
    assert server.bodies(NODES) == [{"limit": "500"}, {"limit": "500", "continue": "next"}]


def test_a_pod_with_a_branch_eni(server: ApiServer, api: KubernetesApi) -> None:
    owners = [
        {"apiVersion": "v1", "kind": "Thing", "name": "t", "uid": "1"},
        {"apiVersion": "v1", "kind": "ReplicaSet", "name": "web-1", "uid": "2", "controller": True},
    ]
    pod = {
        "metadata": {
            "namespace": "shop",
            "name": "web",
            "uid": "u-1",
            "labels": {"app": "web"},
            "annotations": {ENI: '[{"eniId": "eni-1"}, {"eniId": "eni-2"}]'},
            "ownerReferences": owners,
            "deletionTimestamp": "2026-01-01T00:00:00Z",
            "deletionGracePeriodSeconds": 0,
        },
        "spec": {
            "nodeName": "a",
            "serviceAccountName": "seller",
            "terminationGracePeriodSeconds": 60,
            "containers": [
                {"name": "side", "resources": {}},
                {"name": "main", "resources": {"requests": {ENI: "1"}}},
            ],
        },
        "status": {"phase": "Running"},
    }
    server.answer(PODS, listed(pod))

    assert api.pods() == (
        Pod(
            "shop",
            "web",
            "u-1",
            "a",
            "Running",
            {"app": "web"},
            "seller",
            ("eni-1", "eni-2"),
            wants_branch_eni=True,
            controller_kind="ReplicaSet",
            controller_name="web-1",
            is_terminating=True,
            grace_seconds=0.0,
        ),
    )


@pytest.mark.parametrize("written", ["", "{", '[{"other": 1}]', "[3]", "7"])
def test_a_pod_without_a_readable_branch_eni(server: ApiServer, api: KubernetesApi, written: str) -> None:
    server.answer(PODS, listed(_pod("web", {ENI: written})))

    assert api.pods() == (Pod("shop", "web", phase=""),)


def test_the_grace_period_of_a_pod_that_runs_is_its_own(server: ApiServer, api: KubernetesApi) -> None:
    spec = {"containers": [{"name": "main"}], "terminationGracePeriodSeconds": 0}
    server.answer(PODS, listed(_pod("web", spec=spec)))

    assert [pod.grace_seconds for pod in api.pods()] == [0.0]


def test_policies(server: ApiServer, api: KubernetesApi) -> None:
    metadata = {"namespace": "shop", "name": "web", "annotations": {"podsg/owner": "demo/dev"}}
    spec = {"securityGroups": {"groupIds": ["sg-1"]}, "podSelector": {"matchLabels": {"app": "web"}}}
    bare = {"metadata": {"namespace": "shop", "name": "bare"}}
    server.answer(POLICIES, listed({"metadata": metadata, "spec": spec}, bare))

    assert api.policies() == (
        Policy("shop", "web", "demo/dev", ("sg-1",), {"matchLabels": {"app": "web"}}),
        Policy("shop", "bare"),
    )


def test_without_the_definition_there_are_no_policies(server: ApiServer, api: KubernetesApi) -> None:
    server.refuse(POLICIES, 404)

    assert api.policies() == ()


def test_policies_that_cannot_be_read_are_not_none(server: ApiServer, api: KubernetesApi) -> None:
    server.refuse(POLICIES, 403)

    with pytest.raises(ForbiddenError):
        api.policies()


def test_labels_of_service_accounts(server: ApiServer, api: KubernetesApi) -> None:
    with_labels = {"metadata": {"namespace": "shop", "name": "a", "labels": {"x": "y"}}}
    server.answer(
        "GET /api/v1/serviceaccounts",
        listed(with_labels, {"metadata": {"namespace": "shop", "name": "b"}}),
    )

    assert api.service_account_labels() == {("shop", "a"): {"x": "y"}, ("shop", "b"): {}}


def test_services_and_claims_that_hold_something_of_aws(server: ApiServer, api: KubernetesApi) -> None:
    def service(name: str, kind: str) -> dict[str, Any]:
        return {"metadata": {"namespace": "shop", "name": name}, "spec": {"type": kind}}

    server.answer("GET /api/v1/services", listed(service("in", "ClusterIP"), service("out", "LoadBalancer")))
    server.answer(
        "GET /api/v1/persistentvolumeclaims", listed({"metadata": {"namespace": "shop", "name": "disk"}})
    )

    assert (api.load_balancers(), api.volume_claims()) == (("shop/out",), ("shop/disk",))


def test_a_cordon_changes_nothing_else(server: ApiServer, api: KubernetesApi) -> None:
    server.answer("PATCH /api/v1/nodes/a", {"metadata": {"name": "a"}})

    api.cordon("a")

    assert server.bodies("PATCH /api/v1/nodes/a") == [{"spec": {"unschedulable": True}}]


def test_a_node_that_is_gone_is_cordoned(server: ApiServer, api: KubernetesApi) -> None:
    server.refuse("PATCH /api/v1/nodes/a", 404)
    api.cordon("a")

    server.refuse("PATCH /api/v1/nodes/a", 403)
    with pytest.raises(ForbiddenError):
        api.cordon("a")


@pytest.mark.parametrize(
    ("uid", "options"), [("u-1", {"preconditions": {"uid": "u-1"}}), ("", {})], ids=["uid", "no uid"]
)
def test_exactly_this_pod_is_evicted(
    server: ApiServer, api: KubernetesApi, uid: str, options: dict[str, Any]
) -> None:
    server.answer(EVICTION, {}, status=201)

    api.evict(Pod("shop", "web", uid))

    (body,) = server.bodies(EVICTION)
    assert body == {"metadata": {"name": "web", "namespace": "shop"}, "deleteOptions": options}


@pytest.mark.parametrize("status", [404, 409])
def test_a_pod_that_is_gone_is_evicted(server: ApiServer, api: KubernetesApi, status: int) -> None:
    server.refuse(EVICTION, status)

    api.evict(Pod("shop", "web", "u-1"))

    assert len(server.bodies(EVICTION)) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, DisruptionBudgetError),
        (403, ForbiddenError),
        (401, ForbiddenError),
        (500, KubernetesCallError),
    ],
)
def test_an_eviction_that_is_refused_says_why(
    server: ApiServer, api: KubernetesApi, status: int, kind: type[KubernetesCallError]
) -> None:
    server.refuse(EVICTION, status, "the budget does not allow it")

    with pytest.raises(KubernetesCallError, match="the budget does not allow it") as caught:
        api.evict(Pod("shop", "web", "u-1"))
    assert type(caught.value) is kind
    assert caught.value.status == status


def test_an_answer_that_is_not_the_apis_own_is_told_by_its_status(
    server: ApiServer, api: KubernetesApi
) -> None:
    server.answer(NODES, "<html>", status=502)

    with pytest.raises(KubernetesCallError, match="502 Bad Gateway"):
        api.nodes()


def test_an_api_that_is_not_there_is_unreachable(api: KubernetesApi, server: ApiServer) -> None:
    with serving() as gone:
        away = connect(gone.kubeconfig())

    with pytest.raises(ApiUnreachableError, match="cannot be reached"):
        away.nodes()


def test_rights_that_a_drain_needs(server: ApiServer, api: KubernetesApi) -> None:
    # given that all is allowed but the second and fourth
    allowed = [True, False, True, False, True]
    server.answer(REVIEW, *({"spec": {}, "status": {"allowed": one}} for one in allowed))

    assert api.refused_rights() == ("patch nodes", "create pods/eviction")
    asked = [one["spec"]["resourceAttributes"] for one in server.bodies(REVIEW)]
    assert [one["resource"] for one in asked] == ["nodes", "nodes", "pods", "pods", "securitygrouppolicies"]


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        ({"branch-eni-cooldown": "90"}, 90.0),
        ({"branch-eni-cooldown": "5"}, 30.0),
        ({"branch-eni-cooldown": "soon"}, 60.0),
        ({}, 60.0),
        (None, 60.0),
    ],
)
def test_the_cooldown_is_what_the_controller_makes_of_it(
    server: ApiServer, api: KubernetesApi, data: dict[str, str] | None, seconds: float
) -> None:
    server.answer(COOLDOWN, {"metadata": {"name": "amazon-vpc-cni"}, "data": data})

    assert api.cooldown_seconds() == seconds


def test_without_a_setting_the_cooldown_is_the_controllers_own(server: ApiServer, api: KubernetesApi) -> None:
    assert api.cooldown_seconds() == 60.0

    server.refuse(COOLDOWN, 403)
    with pytest.raises(ForbiddenError):
        api.cooldown_seconds()
