"""Events of the kubelet and of aws-node, each told once for each pod."""

from __future__ import annotations

import datetime as dt
import hashlib
from http import HTTPStatus

from lab.nodes.api import Api, ApiError
from lab.nodes.objects import Object, name_of, uid_of
from lab.nodes.pods import node_of_pod

SANDBOX_FAILED = "FailedCreatePodSandBox"
NETWORK_NOT_READY = "NetworkNotReady"
BACK_OFF = "BackOff"
MISSING_PERMISSIONS = "MissingIAMPermissions"
_PLUGIN = 'plugin type="aws-cni" name="aws-cni" failed (add): add cmd: '
NO_ADDRESS = _PLUGIN + "failed to assign an IP address to container"
"""Source: aws/amazon-vpc-cni-k8s `cmd/routed-eni-cni-plugin/cni.go` (add)."""
NOT_LISTENING = (
    _PLUGIN + "Error received from AddNetwork gRPC call: rpc error: code = Unavailable desc = "
    'connection error: desc = "transport: Error while dialing: '
    'dial tcp 127.0.0.1:50051: connect: connection refused"'
)
NO_NETWORK = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)
NO_PLUGIN = f"network is not ready: {NO_NETWORK}"


class Events:
    """Tell events; what was told in an earlier life of the agent is not told again."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._told: set[str] = set()

    def sandbox_failed(self, pod: Object, cause: str) -> None:
        """Tell that a pod's network could not be made.

        Source: Kubernetes `pkg/kubelet/events/event.go`; containerd `internal/cri/server/sandbox_run.go`.
        """
        sandbox = hashlib.sha256(uid_of(pod).encode()).hexdigest()
        text = "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for "
        self.tell(pod, SANDBOX_FAILED, f'{text}sandbox "{sandbox}": {cause}')

    def permission_missing(self, pod: Object, operation: str) -> None:
        """Tell that aws-node's role does not allow a call of EC2.

        Source: aws/amazon-vpc-cni-k8s `pkg/awsutils/awsutils.go` (checkAPIErrorAndBroadcastEvent).
        """
        text = (
            f"Unauthorized operation: failed to call ec2:{operation} due to missing permissions. Please "
            "refer https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/iam-policy.md to attach "
            "relevant policy to IAM role"
        )
        self.tell(pod, MISSING_PERMISSIONS, text, "aws-node")

    def tell(self, pod: Object, reason: str, message: str, component: str = "kubelet") -> None:
        """Tell a warning about a pod, once for each pod, reason and message.

        Raises:
            ApiError: The server refused or did not answer.
        """
        digest = hashlib.sha256(f"{uid_of(pod)} {reason} {message}".encode()).hexdigest()[:16]
        if digest in self._told:
            return
        namespace = pod["metadata"]["namespace"]
        try:
            self._api.create(
                f"/api/v1/namespaces/{namespace}/events", _event(pod, digest, reason, message, component)
            )
        except ApiError as error:
            # There already, or the namespace is going.
            if error.status not in {HTTPStatus.CONFLICT, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
                raise
        self._told.add(digest)


def _event(pod: Object, digest: str, reason: str, message: str, component: str) -> Object:
    namespace, node = pod["metadata"]["namespace"], node_of_pod(pod) or ""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "metadata": {"name": f"{name_of(pod)}.{digest}", "namespace": namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": namespace,
            "name": name_of(pod),
            "uid": uid_of(pod),
        },
        "type": "Warning",
        "reason": reason,
        "message": message,
        "source": {"component": component, "host": node},
        "reportingComponent": component,
        "reportingInstance": node,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
