"""The start of aws-node on a node: it runs afterwards, or its pod shows the crash."""

from __future__ import annotations

import datetime as dt

from lab.nodes import crash, events
from lab.nodes.aws_node import EMPTY_POOL, AwsNode, Place
from lab.nodes.cluster import Cluster
from lab.nodes.machines import Machine
from lab.nodes.objects import Object
from lab.nodes.settings import environment_of, read, refusal

CNI_NODE_SECONDS = 1.0
"""How soon to look again for a CNINode that the VPC Resource Controller has not created yet."""


class Start:
    """Start the aws-node of any node."""

    def __init__(self, cluster: Cluster, aws_node: AwsNode, told: events.Events) -> None:
        self._cluster, self._aws_node, self._events = cluster, aws_node, told

    def start(self, machine: Machine, node: Object, pod: Object, used: frozenset[str]) -> float:
        """Start aws-node, unless it crashed and the kubelet still waits.

        With custom networking a node without any address for pods makes it end: a missing ENIConfig, or one
        whose subnet lies in another zone, shows in this way.

        Args:
            used: Addresses that pods have from an earlier aws-node of this node.

        Returns:
            Seconds after which to look again.

        Raises:
            ApiError: The API server refused or did not answer.
            botocore.exceptions.ClientError: EC2 refused.

        Source: aws/amazon-vpc-cni-k8s `cmd/aws-vpc-cni/main.go`, `pkg/ipamd/ipamd.go` (nodeInit).
        """
        now = dt.datetime.now(dt.UTC)
        if (wait := crash.seconds_until_start(pod, now)) > 0:
            return wait
        environment = environment_of(pod)
        if (cause := refusal(environment)) is not None:
            return self._crash(pod, cause, now)
        place = Place(machine, node, read(environment))
        if not self._aws_node.ask_for_custom_networking(place):
            return CNI_NODE_SECONDS
        store = self._aws_node.datastore(place, used)
        if place.settings.pod_eni:
            self._aws_node.ask_for_trunk(place, store)
        store = self._aws_node.fill(place, store)
        if place.settings.custom_networking and not store.total:
            return self._crash(pod, EMPTY_POOL, now)
        if crash.has_crashed(pod):
            self._cluster.change_pod_status(pod, crash.recovered(pod))
        self._cluster.give_address(pod, machine.private_ip)
        self._cluster.say_network_ready(node)
        return 0.0

    def _crash(self, pod: Object, cause: str, now: dt.datetime) -> float:
        change = crash.crashed(pod, cause, now)
        self._cluster.change_pod_status(pod, change)
        self._events.tell(pod, events.BACK_OFF, crash.back_off_message(pod))
        return crash.seconds_until_start({**pod, **change}, now)
