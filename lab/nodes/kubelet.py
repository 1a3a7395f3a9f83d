"""The kubelet of one node: registration, and the addresses of its pods."""

from __future__ import annotations

import time
from collections import defaultdict

from lab.nodes import allocatable, events
from lab.nodes.aws_node import Place
from lab.nodes.cluster import Cluster
from lab.nodes.instance_types import InstanceTypes
from lab.nodes.machines import Machine
from lab.nodes.memory import Memory
from lab.nodes.objects import NETWORK, READY, Object, annotations_of, uid_of
from lab.nodes.pods import address_of, is_aws_node, is_finished, is_going, on_host_network
from lab.nodes.registration import is_registered, node_of, provider_id
from lab.nodes.service import Service
from lab.nodes.settings import environment_of, read
from lab.nodes.start import Start

SANDBOX_SECONDS = 3.0
"""How long a pod may wait for its address before an event tells why; most have it by then."""


class Kubelet:
    """Act as the kubelet of any node; one call at a time for each node."""

    def __init__(
        self,
        cluster: Cluster,
        types: InstanceTypes,
        start: Start,
        service: Service,
        told: events.Events,
    ) -> None:
        self._cluster, self._types, self._events = cluster, types, told
        self._start, self._service = start, service
        self._memory: defaultdict[str, Memory] = defaultdict(Memory)

    def sync(self, name: str, machine: Machine | None) -> float | None:
        """Do what is to do on a node.

        Args:
            name: The node's name.
            machine: Its instance; None if no instance of that name runs.

        Returns:
            Seconds after which the node has to be looked at again though nothing changes; None if never.

        Raises:
            ApiError: The API server refused or did not answer.
            botocore.exceptions.ClientError: EC2 refused.
        """
        node = self._cluster.nodes.get(name)
        if node is not None and _is_stale(node, machine):
            self._cluster.unregister(node)
            self._memory.pop(name, None)
        elif machine is not None and node is None:
            self._register(machine)
        elif machine is not None and node is not None:
            return self._sync(machine, node)
        return None

    def _register(self, machine: Machine) -> None:
        memory = self._memory[machine.name]
        if machine.reaches_api and memory.registered != machine.instance_id:
            self._cluster.register(node_of(machine, self._types.get(machine.instance_type)))
            memory.registered = machine.instance_id

    def _sync(self, machine: Machine, node: Object) -> float | None:
        if (change := allocatable.correction(node)) is not None:
            self._cluster.change_node_status(node, change)
        memory = self._memory[machine.name]
        memory.registered = machine.instance_id
        pods = [pod for pod in self._cluster.pods.on(machine.name) if not is_finished(pod)]
        memory.forget_others(pods)
        waiting = [pod for pod in pods if address_of(pod) is None and not is_going(pod)]
        for pod in waiting:
            if on_host_network(pod) and not is_aws_node(pod):
                self._cluster.give_address(pod, machine.private_ip)
        waiting = [pod for pod in waiting if not on_host_network(pod)]
        agents = [pod for pod in pods if is_aws_node(pod) and not is_going(pod)]
        running = [pod for pod in agents if address_of(pod) is not None]
        later: list[float | None] = []
        if running:
            place = Place(machine, node, running[-1], read(environment_of(running[-1])))
            if annotations_of(node).get(NETWORK) != READY:
                self._cluster.say_network_ready(node)
            later.append(self._service.serve(place, memory, pods, waiting))
        elif agents:
            later.append(self._start.start(machine, node, agents[-1], memory.used(pods)))
        later.append(self._tell(node, memory, waiting, listening=bool(running)))
        return min((each for each in later if each is not None), default=None)

    def _tell(self, node: Object, memory: Memory, waiting: list[Object], *, listening: bool) -> float | None:
        """Tell why pods wait, and when to look again at those that wait only for a moment."""
        now, later = time.monotonic(), []
        for seen in waiting:
            pod = self._cluster.pods.get(seen["metadata"]["name"], seen["metadata"]["namespace"])
            if pod is None or uid_of(pod) != uid_of(seen) or address_of(pod) is not None:
                continue
            left = memory.waiting.setdefault(uid_of(pod), now) + SANDBOX_SECONDS - now
            if left > 0:
                later.append(left)
            elif listening:
                self._events.sandbox_failed(pod, events.NO_ADDRESS)
            elif annotations_of(node).get(NETWORK) == READY:
                self._events.sandbox_failed(pod, events.NOT_LISTENING)
            else:
                self._events.tell(pod, events.NETWORK_NOT_READY, events.NO_PLUGIN)
        return min(later, default=None)


def _is_stale(node: Object, machine: Machine | None) -> bool:
    """Say whether a Node that an agent registered belongs to an instance that does not run any more."""
    if not is_registered(node):
        return False
    return machine is None or node["spec"]["providerID"] != provider_id(machine)
