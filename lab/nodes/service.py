"""A running aws-node: it gives addresses to the pods of its node and keeps spare ones."""

from __future__ import annotations

import time

from lab.nodes.aws_node import AwsNode, Place
from lab.nodes.cluster import Cluster
from lab.nodes.memory import Memory
from lab.nodes.objects import POD_ENI, Object, uid_of
from lab.nodes.pods import asks_for_branch, branch_address

RETRY_SECONDS = 5.0
"""How often aws-node tries again what it could not do.

Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (ipPoolMonitorInterval).
"""


class Service:
    """Serve the pods of any node."""

    def __init__(self, cluster: Cluster, aws_node: AwsNode) -> None:
        self._cluster, self._aws_node = cluster, aws_node

    def serve(self, place: Place, memory: Memory, pods: list[Object], waiting: list[Object]) -> float | None:
        """Give addresses, ask for a trunk ENI, keep addresses spare.

        Args:
            pods: Every pod of the node that is not finished.
            waiting: Those that wait for an address from aws-node.

        Returns:
            Seconds after which to try again; None if nothing is open.

        Raises:
            ApiError: The API server refused or did not answer.
            botocore.exceptions.ClientError: EC2 refused.
        """
        branch = [pod for pod in waiting if place.settings.pod_eni and asks_for_branch(pod)]
        for pod in branch:
            if (address := branch_address(pod)) is not None:
                self._cluster.give_address(pod, address)
        ordinary = [pod for pod in waiting if pod not in branch]
        if memory.pool == self._situation(place, memory, pods, ordinary):
            left = None if memory.retry is None else memory.retry - time.monotonic()
            if left is None or left > 0:
                return left
        done, ordinary = self._work(place, memory, pods, ordinary)
        memory.pool = self._situation(place, memory, pods, ordinary)
        memory.retry = None if done else time.monotonic() + RETRY_SECONDS
        return None if done else RETRY_SECONDS

    def _work(
        self, place: Place, memory: Memory, pods: list[Object], ordinary: list[Object]
    ) -> tuple[bool, list[Object]]:
        """Serve ordinary pods; say whether nothing is left to try, and who got no address."""
        store = self._aws_node.datastore(place, memory.used(pods))
        asked = not place.settings.pod_eni or self._aws_node.ask_for_trunk(place, store)
        ordinary = self._assign(memory, ordinary, store.free)
        store = self._aws_node.fill(place, store.with_used(memory.used(pods)))
        while ordinary and store.free:
            ordinary = self._assign(memory, ordinary, store.free)
            store = self._aws_node.fill(place, store.with_used(memory.used(pods)))
        return asked and not ordinary and store.next_step() is None, ordinary

    def _assign(self, memory: Memory, pods: list[Object], free: list[str]) -> list[Object]:
        """Give free addresses to pods and return the pods that got none."""
        left = []
        for pod in pods:
            if (address := memory.promise(pod, free)) is None:
                left.append(pod)
            else:
                self._cluster.give_address(pod, address)
        return left

    def _situation(
        self, place: Place, memory: Memory, pods: list[Object], ordinary: list[Object]
    ) -> tuple[object, ...]:
        """Return all that decides whether there is work: if it is the same, there is none."""
        name = place.machine.name
        return (
            memory.used(pods),
            frozenset(map(uid_of, ordinary)),
            POD_ENI in (place.node["status"].get("capacity") or {}),
            self._cluster.cni_nodes.get(name) is not None,
            place.settings,
        )
