"""Read what EC2 and the Kubernetes APIs say of nodes, pods and policies; nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from kubernetes.dynamic import DynamicClient

from lab.session import Session
from lab.status.counts import API_ERRORS, client, kubernetes_api
from lab.status.facts import (
    Account,
    BranchEni,
    Cluster,
    Expression,
    Instance,
    Interface,
    Node,
    Pod,
    Policy,
    Selector,
)

POD_ENI: Final = "vpc.amazonaws.com/pod-eni"
"""Extended resource and annotation. Source: amazon-vpc-resource-controller-k8s, `pkg/config/type.go`."""
DEFAULT_COOLDOWN_SECONDS: Final = 60
_SHORTEST_COOLDOWN_SECONDS: Final = 30
_ANSWER_SECONDS: Final = 20
_POLICY_KIND: Final = ("vpcresources.k8s.aws/v1beta1", "SecurityGroupPolicy")
_WARNINGS_OF_PODS: Final = "type=Warning,involvedObject.kind=Pod"


def read_account(session: Session) -> Account:
    """Read instances, interfaces and the names of security groups from EC2."""
    return Account(
        interfaces=tuple(
            map(_interface, _all(session, "describe_network_interfaces", "NetworkInterfaces[]"))
        ),
        instances=tuple(
            Instance(one["InstanceId"], one["InstanceType"], one["Placement"]["AvailabilityZone"])
            for one in _all(session, "describe_instances", "Reservations[].Instances[]")
        ),
        group_names={
            one["GroupId"]: one["GroupName"]
            for one in _all(session, "describe_security_groups", "SecurityGroups[]")
        },
    )


def read_interfaces(session: Session) -> tuple[Interface, ...]:
    """Read every network interface from EC2."""
    return tuple(map(_interface, _all(session, "describe_network_interfaces", "NetworkInterfaces[]")))


def read_cluster(name: str, kubeconfig: Path) -> Cluster:
    """Read nodes, pods and policies of one cluster; an API that does not answer is told, not raised."""
    try:
        api = kubernetes_api(kubeconfig)
        nodes, pods = _items(api, "v1", "Node"), _items(api, "v1", "Pod")
        accounts = _items(api, "v1", "ServiceAccount")
        warnings = _last_warnings(api) if any(_is_stuck(pod) for pod in pods) else {}
    except API_ERRORS as error:
        return Cluster(name, problem=f"its Kubernetes API does not answer ({type(error).__name__}).")
    try:
        policies, problem = _items(api, *_POLICY_KIND), ""
    except API_ERRORS as error:
        policies, problem = [], f"its SecurityGroupPolicies cannot be read ({type(error).__name__})."
    return Cluster(
        name=name,
        nodes=tuple(map(_node, nodes)),
        pods=tuple(_pod(one, warnings) for one in pods),
        policies=tuple(map(_policy, policies)),
        account_labels={_place(one): one["metadata"].get("labels") or {} for one in accounts},
        problem=problem,
    )


def read_cooldown_seconds(kubeconfig: Path) -> int:
    """Read how long a branch ENI of a cluster rests after its pod (seconds); 60 where that cannot be read.

    Source: amazon-vpc-resource-controller-k8s v1.8.2, `pkg/provider/branch/cooldown/cooldown.go`.
    """
    try:
        maps = kubernetes_api(kubeconfig).resources.get(api_version="v1", kind="ConfigMap")
        found = maps.get(name="amazon-vpc-cni", namespace="kube-system", _request_timeout=_ANSWER_SECONDS)
        seconds = int(found.to_dict()["data"]["branch-eni-cooldown"])
    except (*API_ERRORS, KeyError, TypeError, ValueError):
        return DEFAULT_COOLDOWN_SECONDS
    return max(seconds, _SHORTEST_COOLDOWN_SECONDS)


def _all(session: Session, operation: str, path: str) -> Iterable[dict[str, Any]]:
    found: Iterable[dict[str, Any]] = client(session, "ec2").get_paginator(operation).paginate().search(path)
    return found


def _interface(one: Mapping[str, Any]) -> Interface:
    attachment = one.get("Attachment") or {}
    return Interface(
        id=one["NetworkInterfaceId"],
        kind=one.get("InterfaceType", "interface"),
        instance_id=attachment.get("InstanceId") or "",
        device_index=attachment.get("DeviceIndex"),
        addresses=tuple(each["PrivateIpAddress"] for each in one.get("PrivateIpAddresses", [])),
        group_ids=tuple(each["GroupId"] for each in one.get("Groups", [])),
        description=one.get("Description", ""),
        tags={tag["Key"]: tag["Value"] for tag in one.get("TagSet", [])},
    )


def _items(api: DynamicClient, api_version: str, kind: str, **options: Any) -> list[dict[str, Any]]:
    resource = api.resources.get(api_version=api_version, kind=kind)
    found: list[dict[str, Any]] = resource.get(**options, _request_timeout=_ANSWER_SECONDS).to_dict()["items"]
    return found


def _place(one: Mapping[str, Any]) -> tuple[str, str]:
    return one["metadata"]["namespace"], one["metadata"]["name"]


def _node(one: Mapping[str, Any]) -> Node:
    status = one.get("status") or {}
    ready = any(
        each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions") or ()
    )
    return Node(
        name=one["metadata"]["name"],
        instance_id=(one["spec"].get("providerID") or "").rpartition("/")[2],
        is_ready=ready,
        branch_eni_capacity=int((status.get("allocatable") or {}).get(POD_ENI, 0)),
    )


def _pod(one: Mapping[str, Any], warnings: Mapping[str, str]) -> Pod:
    metadata, spec, status = one["metadata"], one["spec"], one.get("status") or {}
    namespace, name = _place(one)
    return Pod(
        namespace=namespace,
        name=name,
        node=spec.get("nodeName") or "",
        phase=status.get("phase") or "Pending",
        message=_message(one) or (warnings.get(metadata["uid"], "") if _is_stuck(one) else ""),
        address=status.get("podIP") or "",
        labels=metadata.get("labels") or {},
        service_account=spec.get("serviceAccountName") or "default",
        uses_host_network=bool(spec.get("hostNetwork")),
        requests_branch_eni=any(map(_requests_branch_eni, spec.get("containers") or ())),
        branch_enis=_branch_enis(metadata.get("annotations") or {}),
        created=metadata["creationTimestamp"],
    )


def _message(pod: Mapping[str, Any]) -> str:
    """Return why the scheduler finds no node; empty if it found one."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return next(
        (
            each.get("message") or ""
            for each in conditions
            if each["type"] == "PodScheduled" and each["status"] == "False"
        ),
        "",
    )


def _is_stuck(pod: Mapping[str, Any]) -> bool:
    return bool((pod.get("status") or {}).get("phase") == "Pending" and pod["spec"].get("nodeName"))


def _requests_branch_eni(container: Mapping[str, Any]) -> bool:
    resources = container.get("resources") or {}
    return POD_ENI in {**(resources.get("requests") or {}), **(resources.get("limits") or {})}


def _branch_enis(annotations: Mapping[str, str]) -> tuple[BranchEni, ...]:
    """Read the annotation that the controller writes; one that is not readable names nothing."""
    try:
        return tuple(
            BranchEni(each["eniId"], int(each["vlanId"]))
            for each in json.loads(annotations.get(POD_ENI, "[]"))
        )
    except (ValueError, KeyError, TypeError):
        return ()


def _last_warnings(api: DynamicClient) -> dict[str, str]:
    """Return the last warning of each pod, by its uid."""
    events = _items(api, "v1", "Event", field_selector=_WARNINGS_OF_PODS)
    ordered = sorted(events, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
    return {
        event["involvedObject"]["uid"]: f"{event.get('reason', '')}: {event.get('message', '')}".strip(": ")
        for event in ordered
    }


def _policy(one: Mapping[str, Any]) -> Policy:
    spec = one.get("spec") or {}
    namespace, name = _place(one)
    return Policy(
        namespace=namespace,
        name=name,
        pod_selector=_selector(spec.get("podSelector")),
        service_account_selector=_selector(spec.get("serviceAccountSelector")),
        group_ids=tuple((spec.get("securityGroups") or {}).get("groupIds") or ()),
        created=one["metadata"]["creationTimestamp"],
    )


def _selector(one: Mapping[str, Any] | None) -> Selector | None:
    if one is None:
        return None
    expressions = (
        Expression(each["key"], each["operator"], tuple(each.get("values") or ()))
        for each in one.get("matchExpressions") or ()
    )
    return Selector(one.get("matchLabels") or {}, tuple(expressions))
