"""What the agent knows of its cluster, and its writes; what it wrote is known to it at once."""

from __future__ import annotations

from http import HTTPStatus

from lab.nodes.api import Api, ApiError, path_of
from lab.nodes.objects import NETWORK, POD_IP, READY, Object, name_of, uid_of
from lab.nodes.pods import node_of_pod
from lab.nodes.watch import Cache

NODES, PODS = "/api/v1/nodes", "/api/v1/pods"
CNI_NODES = "/apis/vpcresources.k8s.aws/v1alpha1/cninodes"
ENI_CONFIGS = "/apis/crd.k8s.amazonaws.com/v1alpha1/eniconfigs"


class Cluster:
    """Keep copies of the collections that matter to nodes, and write to them."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.nodes = Cache(name_of)
        self.pods = Cache(node_of_pod)
        self.cni_nodes = Cache(name_of)
        self.eni_configs = Cache(lambda _: None)

    def register(self, node: Object) -> None:
        """Create a Node; one of that name that is there already stays.

        Raises:
            ApiError: The server refused or did not answer.
        """
        try:
            self.nodes.put(self._api.create(NODES, node))
        except ApiError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise

    def unregister(self, node: Object) -> None:
        """Delete a Node.

        Raises:
            ApiError: The server refused or did not answer.
        """
        self._api.delete(path_of(node), uid_of(node))

    def say_network_ready(self, node: Object) -> None:
        """Note on a Node that its network works.

        Raises:
            ApiError: The server refused or did not answer.
        """
        self.nodes.put(self._api.patch(path_of(node), {"metadata": {"annotations": {NETWORK: READY}}}))

    def change_node_status(self, node: Object, change: Object) -> None:
        """Change the status of a Node.

        Raises:
            ApiError: The server refused or did not answer.
        """
        self.nodes.put(self._api.patch(f"{path_of(node)}/status", change))

    def change_cni_node(self, cni_node: Object, change: Object) -> None:
        """Change a CNINode.

        Raises:
            ApiError: The server refused, for example because another writer was faster.
        """
        self.cni_nodes.put(self._api.patch(f"{CNI_NODES}/{name_of(cni_node)}", change))

    def give_address(self, pod: Object, address: str) -> None:
        """Note a pod's address on exactly this pod; one that is gone needs none.

        Raises:
            ApiError: The server refused or did not answer.
        """
        metadata = {"uid": uid_of(pod), "annotations": {POD_IP: address}}
        self._patch_pod(pod, "", {"metadata": metadata})

    def change_pod_status(self, pod: Object, change: Object) -> None:
        """Change the status of exactly this pod; one that is gone needs none.

        Raises:
            ApiError: The server refused or did not answer.
        """
        self._patch_pod(pod, "/status", {"metadata": {"uid": uid_of(pod)}, **change})

    def _patch_pod(self, pod: Object, part: str, change: Object) -> None:
        try:
            self.pods.put(self._api.patch(path_of(pod) + part, change))
        except ApiError as error:
            if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                raise
