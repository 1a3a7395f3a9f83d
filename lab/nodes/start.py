"""The start of aws-node on a node: it runs afterwards, or its pod shows the crash."""

from __future__ import annotations

import datetime as dt

from lab.nodes import crash, events
from lab.nodes.aws_node import EMPTY_POOL, AwsNode, Place, StartError
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

        A role that does not allow what aws-node asks at its start ends it. With custom networking a node
        without any address for pods makes it end: a missing ENIConfig, or one whose subnet lies in another
        zone, shows in this way. In both cases the real container waits for ipamd, which has ended, until its
        liveness probe ends it after a minute and a half; the lab shows the end at once.

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
        place = Place(machine, node, pod, read(environment))
        try:
            if not self._initialize(place, used):
                return CNI_NODE_SECONDS
        except StartError as error:
            return self._crash(pod, str(error), now)
        if crash.has_crashed(pod):
            self._cluster.change_pod_status(pod, crash.recovered(pod))
        self._cluster.give_address(pod, machine.private_ip)
        self._cluster.say_network_ready(node)
        return 0.0

    def _initialize(self, place: Place, used: frozenset[str]) -> bool:
        """Do what ipamd does before it listens; False while the node has no CNINode to write to."""
        self._aws_node.discover(place)
        if not self._aws_node.ask_for_custom_networking(place):
            return False
        store = self._aws_node.datastore(place, used)
        if place.settings.pod_eni:
            self._aws_node.ask_for_trunk(place, store)
        store = self._aws_node.fill(place, store, starting=True)
        if place.settings.custom_networking and not store.total:
            raise StartError(EMPTY_POOL)
        return True

    def _crash(self, pod: Object, cause: str, now: dt.datetime) -> float:
        change = crash.crashed(pod, cause, now)
        self._cluster.change_pod_status(pod, change)
        self._events.tell(pod, events.BACK_OFF, crash.back_off_message(pod))
        return crash.seconds_until_start({**pod, **change}, now)
