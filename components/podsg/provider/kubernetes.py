"""The Kubernetes port over the official client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from podsg.errors import (
    ApiUnreachableError,
    DisruptionBudgetError,
    Explanation,
    ForbiddenError,
    KubernetesCallError,
)
from podsg.lifecycle.objects import OWNER_ANNOTATION, Node, Pod, Policy

if TYPE_CHECKING:
    from kubernetes import client as kubernetes_client

PAGE: Final = 500
TIMEOUT_SECONDS: Final = (10, 60)
POD_ENI: Final = "vpc.amazonaws.com/pod-eni"
"""Source: aws/amazon-vpc-resource-controller-k8s, pkg/config/type.go."""
_GROUP, _VERSION, _POLICIES = "vpcresources.k8s.aws", "v1beta1", "securitygrouppolicies"
_COOLDOWN_MAP, _COOLDOWN_KEY = ("amazon-vpc-cni", "kube-system"), "branch-eni-cooldown"
DEFAULT_COOLDOWN_SECONDS, LEAST_COOLDOWN_SECONDS = 60.0, 30.0
"""Source: aws/amazon-vpc-resource-controller-k8s, pkg/provider/branch/cooldown/cooldown.go."""
_DEFAULT_GRACE_SECONDS = 30.0
_REFERENCE = "docs/how-to/destroy.md"
# Verb, group, resource, subresource of the calls that a drain makes.
_RIGHTS: Final = (
    ("list", "", "nodes", ""),
    ("patch", "", "nodes", ""),
    ("list", "", "pods", ""),
    ("create", "", "pods", "eviction"),
    ("list", _GROUP, _POLICIES, ""),
)

Answer = TypeVar("Answer")


def connect(kubeconfig: str) -> KubernetesApi:
    """Connect to the API of a cluster.

    Args:
        kubeconfig: Kubeconfig as JSON, with a login command.

    Raises:
        KubernetesCallError: The login command fails.
    """
    from kubernetes import client, config  # noqa: PLC0415 - takes half a second, and only gates need it

    document = json.loads(kubeconfig)
    server = document["clusters"][0]["cluster"]["server"]
    try:
        api = config.new_client_from_config_dict(document, persist_config=False)
    except config.ConfigException as error:
        raise KubernetesCallError(_explained(server, f"the login failed: {error}")) from None
    # A login command that fails is only logged by the client, which would go on as nobody.
    if not api.configuration.api_key and not api.configuration.cert_file:
        raise KubernetesCallError(_explained(server, f"the login failed: {_login(document)}"))
    return KubernetesApi(server, client, api)


class KubernetesApi:
    """Make the calls in use; lists are read page by page.

    Args:
        server: URL of the API, for errors.
        client: The module `kubernetes.client`.
        api: Its connection.
    """

    def __init__(self, server: str, client: Any, api: kubernetes_client.ApiClient) -> None:  # noqa: ANN401
        """Make the parts of the client."""
        self._server = server
        self._client = client
        self._core = client.CoreV1Api(api)
        self._objects = client.CustomObjectsApi(api)
        self._reviews = client.AuthorizationV1Api(api)

    def nodes(self) -> tuple[Node, ...]:
        """List the nodes."""
        return tuple(_node(one) for one in self._all(self._core.list_node))

    def pods(self) -> tuple[Pod, ...]:
        """List the pods."""
        return tuple(_pod(one) for one in self._all(self._core.list_pod_for_all_namespaces))

    def policies(self) -> tuple[Policy, ...]:
        """List the SecurityGroupPolicies."""
        asked = {"group": _GROUP, "version": _VERSION, "plural": _POLICIES}
        try:
            found = self._call(lambda: self._objects.list_cluster_custom_object(**asked, **_BOUNDED))
        except KubernetesCallError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return ()
            raise
        return tuple(_policy(one) for one in found["items"])

    def service_account_labels(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """Return the labels of each service account."""
        return {
            (one.metadata.namespace, one.metadata.name): one.metadata.labels or {}
            for one in self._all(self._core.list_service_account_for_all_namespaces)
        }

    def cordon(self, node_name: str) -> None:
        """Keep the scheduler off a node."""
        body = {"spec": {"unschedulable": True}}
        try:
            self._call(lambda: self._core.patch_node(node_name, body, **_BOUNDED))
        except KubernetesCallError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def evict(self, pod: Pod) -> None:
        """Evict a pod of exactly this uid.

        Raises:
            DisruptionBudgetError: A PodDisruptionBudget does not allow it now.
        """
        options = {"preconditions": {"uid": pod.uid}} if pod.uid else {}
        body = self._client.V1Eviction(
            metadata={"name": pod.name, "namespace": pod.namespace}, delete_options=options
        )
        try:
            self._call(
                lambda: self._core.create_namespaced_pod_eviction(pod.name, pod.namespace, body, **_BOUNDED)
            )
        except KubernetesCallError as error:
            if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise DisruptionBudgetError(error.explanation, error.status) from None
            if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                raise

    def load_balancers(self) -> tuple[str, ...]:
        """List the Services of type LoadBalancer."""
        found = self._all(self._core.list_service_for_all_namespaces)
        return tuple(_place(one) for one in found if one.spec.type == "LoadBalancer")

    def volume_claims(self) -> tuple[str, ...]:
        """List the PersistentVolumeClaims."""
        return tuple(
            _place(one) for one in self._all(self._core.list_persistent_volume_claim_for_all_namespaces)
        )

    def refused_rights(self) -> tuple[str, ...]:
        """List which calls of a drain the caller may not make."""
        return tuple(
            f"{verb} {resource}{f'/{part}' if part else ''}"
            for verb, group, resource, part in _RIGHTS
            if not self._may(verb=verb, group=group, resource=resource, subresource=part)
        )

    def cooldown_seconds(self) -> float:
        """Return how long the controller lets a branch ENI rest."""
        try:
            found = self._call(lambda: self._core.read_namespaced_config_map(*_COOLDOWN_MAP, **_BOUNDED))
        except KubernetesCallError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return DEFAULT_COOLDOWN_SECONDS
            raise
        written = (found.data or {}).get(_COOLDOWN_KEY, "")
        return max(LEAST_COOLDOWN_SECONDS, float(written)) if written.isdigit() else DEFAULT_COOLDOWN_SECONDS

    def _may(self, **wanted: str) -> bool:
        body = {"spec": {"resourceAttributes": wanted}}
        answer = self._call(lambda: self._reviews.create_self_subject_access_review(body, **_BOUNDED))
        return bool(answer.status.allowed)

    def _all(self, ask: Callable[..., Any]) -> Iterator[Any]:
        more: dict[str, Any] = {}
        while True:
            page = self._call(lambda: ask(limit=PAGE, **more, **_BOUNDED))  # noqa: B023 - called at once
            yield from page.items
            if not (token := page.metadata._continue):  # noqa: SLF001 - the client's name of the field
                return
            more = {"_continue": token}

    def _call(self, ask: Callable[[], Answer]) -> Answer:
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with the client

        try:
            return ask()
        except self._client.ApiException as error:
            status, said = int(error.status or 0), _said(error)
            kind = {
                HTTPStatus.FORBIDDEN: ForbiddenError,
                HTTPStatus.UNAUTHORIZED: ForbiddenError,
                0: ApiUnreachableError,
            }.get(status, KubernetesCallError)
            raise kind(_explained(self._server, said), status) from None
        except (HTTPError, OSError) as error:
            problem = f"it cannot be reached ({error})"
            raise ApiUnreachableError(_explained(self._server, problem)) from None


_BOUNDED: Final = {"_request_timeout": TIMEOUT_SECONDS}


def _explained(server: str, problem: str) -> Explanation:
    return Explanation(
        f"Kubernetes API at {server}",
        problem,
        "pods are listed and evicted through it.",
        "run as an administrator of the cluster, from a network that reaches it.",
        _REFERENCE,
    )


def _login(document: Mapping[str, Any]) -> str:
    """Tell how a kubeconfig logs in; only of a command, as the rest is secret."""
    users = {one["name"]: one.get("user") or {} for one in document.get("users") or ()}
    contexts = {one["name"]: one["context"] for one in document["contexts"]}
    login = users.get(contexts[document["current-context"]]["user"], {}).get("exec")
    if not login:
        return "the kubeconfig has no credentials"
    return f"`{' '.join([login['command'], *(login.get('args') or ())])}` gives no credentials"


def _said(error: Any) -> str:  # noqa: ANN401 - the client's exception
    """Return the API's own message, else its status line."""
    try:
        return str(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return f"{error.status} {error.reason}"


def _place(one: Any) -> str:  # noqa: ANN401 - an object of the client
    return f"{one.metadata.namespace}/{one.metadata.name}"


def _node(one: Any) -> Node:  # noqa: ANN401 - an object of the client
    provider_id = one.spec.provider_id or ""
    instance_id = provider_id.rpartition("/")[2]
    return Node(
        name=one.metadata.name,
        instance_id=instance_id if instance_id.startswith("i-") else "",
        is_unschedulable=bool(one.spec.unschedulable),
        labels=one.metadata.labels or {},
    )


def _pod(one: Any) -> Pod:  # noqa: ANN401 - an object of the client
    owner = next((each for each in one.metadata.owner_references or () if each.controller), None)
    grace = one.metadata.deletion_grace_period_seconds
    if grace is None:
        grace = one.spec.termination_grace_period_seconds
    requests = [(each.resources and each.resources.requests) or {} for each in one.spec.containers]
    return Pod(
        namespace=one.metadata.namespace,
        name=one.metadata.name,
        uid=one.metadata.uid or "",
        node=one.spec.node_name or "",
        phase=one.status.phase or "",
        labels=one.metadata.labels or {},
        service_account=one.spec.service_account_name or "default",
        branch_eni_ids=_branch_eni_ids(one.metadata.annotations or {}),
        wants_branch_eni=any(POD_ENI in each for each in requests),
        controller_kind=owner.kind if owner else "",
        controller_name=owner.name if owner else "",
        is_terminating=one.metadata.deletion_timestamp is not None,
        grace_seconds=_DEFAULT_GRACE_SECONDS if grace is None else float(grace),
    )


def _branch_eni_ids(annotations: Mapping[str, str]) -> tuple[str, ...]:
    try:
        return tuple(each["eniId"] for each in json.loads(annotations.get(POD_ENI, "[]")))
    except (ValueError, TypeError, KeyError):
        return ()


def _policy(one: Mapping[str, Any]) -> Policy:
    spec, metadata = one.get("spec") or {}, one["metadata"]
    return Policy(
        namespace=metadata["namespace"],
        name=metadata["name"],
        owner=(metadata.get("annotations") or {}).get(OWNER_ANNOTATION, ""),
        group_ids=tuple((spec.get("securityGroups") or {}).get("groupIds") or ()),
        pod_selector=spec.get("podSelector"),
        service_account_selector=spec.get("serviceAccountSelector"),
    )
