"""The node agent of one cluster: follow its machines and objects, and let kubelets act on what changes."""

from __future__ import annotations

import logging
import os
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lab.nodes.api import Api, ApiError
from lab.nodes.aws_node import AwsNode
from lab.nodes.caller import sign_for_caller
from lab.nodes.cluster import CNI_NODES, ENI_CONFIGS, NODES, PODS, Cluster
from lab.nodes.events import Events
from lab.nodes.instance_types import InstanceTypes
from lab.nodes.interfaces import Interfaces
from lab.nodes.kubelet import Kubelet
from lab.nodes.machines import Machines
from lab.nodes.objects import Object, name_of
from lab.nodes.pods import node_of_pod
from lab.nodes.service import Service
from lab.nodes.start import Start
from lab.nodes.watch import Watcher
from lab.nodes.work import WorkQueue

LOG = logging.getLogger(__name__)
WORKERS = 4
_FIRST_RETRY_SECONDS, _MOST_RETRY_SECONDS = 0.5, 15.0


@dataclass(frozen=True)
class Options:
    """Say whose nodes the agent plays.

    Attributes:
        cluster: Name of the EKS cluster.
        kubeconfig: The administrator's access to its API.
        machines: URL that tells its machines.
    """

    cluster: str
    kubeconfig: Path
    machines: str


class Agent:
    """Play the nodes of one cluster; its whole state is in the API server and in EC2."""

    def __init__(self, options: Options) -> None:
        api = Api(options.kubeconfig)
        # The SDK for Python reads AWS_DEFAULT_REGION only.
        config = Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 3})
        ec2 = boto3.client("ec2", region_name=os.environ.get("AWS_REGION"), config=config)
        sign_for_caller(ec2)
        self._queue = WorkQueue()
        self._failures: defaultdict[str, int] = defaultdict(int)
        self._cluster = Cluster(api)
        self._machines = Machines(options.machines, self._queue.add)
        types, told = InstanceTypes(ec2), Events(api)
        aws_node = AwsNode(self._cluster, Interfaces(ec2), types, told)
        start, service = Start(self._cluster, aws_node, told), Service(self._cluster, aws_node)
        self._kubelet = Kubelet(self._cluster, types, start, service, told)
        self._watchers = self._make_watchers(api)

    def start(self) -> None:
        """Start to play, in threads that end with the process."""
        self._machines.start()
        for watcher in self._watchers:
            watcher.start()
        for number in range(WORKERS):
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True).start()

    def _make_watchers(self, api: Api) -> list[Watcher]:
        cluster = self._cluster
        return [
            Watcher(api, NODES, cluster.nodes, self._on_named),
            Watcher(api, PODS, cluster.pods, self._on_pod),
            Watcher(api, CNI_NODES, cluster.cni_nodes, self._on_named, optional=True),
            Watcher(api, ENI_CONFIGS, cluster.eni_configs, self._on_eni_config, optional=True),
        ]

    def _on_named(self, item: Object) -> None:
        self._queue.add(name_of(item))

    def _on_pod(self, pod: Object) -> None:
        if node := node_of_pod(pod):
            self._queue.add(node)

    def _on_eni_config(self, _: Object) -> None:
        for node in self._cluster.nodes.all():
            self._queue.add(name_of(node))

    def _work(self) -> None:
        """Work for ever, but not before everything was listed: an address could be given twice."""
        for listed in (self._machines.listed, *(watcher.listed for watcher in self._watchers)):
            listed.wait()
        while True:
            name = self._queue.take()
            try:
                self._look_at(name)
            finally:
                self._queue.done(name)

    def _look_at(self, name: str) -> None:
        try:
            again = self._kubelet.sync(name, self._machines.get(name))
        except Exception as error:
            known = isinstance(error, ApiError | BotoCoreError | ClientError)
            LOG.warning("%s: %s", name, error, exc_info=None if known else error)
            again = min(_FIRST_RETRY_SECONDS * 2 ** self._failures[name], _MOST_RETRY_SECONDS)
            self._failures[name] = min(self._failures[name] + 1, 10)
        else:
            self._failures.pop(name, None)
        if again is not None:
            self._queue.add(name, again)
