"""Command lines of the parts around nodes and pods: scheduler, kwok, VPC Resource Controller, node agent."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from lab.cluster.arguments import DataPlane, Site
from lab.cluster.children import Command, find_program, write_private
from lab.paths import CHECKOUT
from lab.toolchain import HEALTH_PORT_VARIABLE, WEBHOOK_PORT_VARIABLE

STAGES = Path(__file__).parent / "stages"
LEASE_SECONDS = 10
"""After a kill its successor plays the nodes only once the leases are over, so they are short."""
HEALTH_SECONDS = 2
CONTROLLER_GRACE_SECONDS = 0.5
"""It waits 30 s for goroutines that never end: controller-runtime v0.20.4, pkg/manager/internal.go."""
_FOREIGN = ("AWS_", "KWOK_", "KUBE")
"""Variables of whoever started the lab that would change what a part does."""


def scheduler(site: Site) -> Command:
    """Write the scheduler's configuration and return how it is run; it listens nowhere."""
    configuration = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": str(site.admin_kubeconfig)},
        "leaderElection": {"leaderElect": False},
    }
    path = write_private(site.folder / "scheduler.json", json.dumps(configuration).encode())
    arguments = [f"--config={path}", "--secure-port=0"]
    return Command("kube-scheduler", find_program("kube-scheduler"), arguments)


def kwok(site: Site) -> Command:
    """Return how kwok is run: with our stages only, without a server and without addresses of its own."""
    arguments = [
        f"--kubeconfig={site.admin_kubeconfig}",
        *(f"--config={path}" for path in sorted(STAGES.glob("*.yaml"))),
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        f"--node-lease-duration-seconds={LEASE_SECONDS}",
        "--node-port=0",
        "--server-address=",
        "--node-ip=",
    ]
    return Command("kwok", find_program("kwok"), arguments, _environment(HOME=str(site.folder)))


def controller(site: Site, plane: DataPlane) -> Command:
    """Write the VPC Resource Controller's access and return how it is run.

    Without `--role-arn`: with one it asks the real STS. Source: amazon-vpc-resource-controller-k8s v1.8.2,
    pkg/aws/ec2/api/wrapper.go, NewEC2Wrapper.
    """
    ports, folder = site.ports, site.folder / "controller"
    arguments = [
        f"--cluster-name={site.name}",
        f"--vpc-id={plane.vpc_id}",
        f"--aws-region={plane.region}",
        f"--metrics-bind-address=127.0.0.1:{ports.metrics}",
        f"--introspect-bind-addr=127.0.0.1:{ports.introspection}",
    ]
    environment = _environment(
        **plane.controller_credentials,
        AWS_ENDPOINT_URL=plane.aws_url,
        AWS_EC2_METADATA_SERVICE_ENDPOINT=plane.aws_url,
        KUBECONFIG=str(site.access(site.folder / "controller.kubeconfig", site.controller_token)),
        HOME=str(folder),
        TMPDIR=str(folder),
        **{WEBHOOK_PORT_VARIABLE: str(ports.webhook), HEALTH_PORT_VARIABLE: str(ports.health)},
    )
    name = "vpc-resource-controller"
    return Command(name, find_program(name), arguments, environment, CONTROLLER_GRACE_SECONDS)


def node_agent(site: Site, plane: DataPlane) -> Command:
    """Return how the node agent is run."""
    arguments = ["-m", "lab.nodes", f"--cluster={site.name}", f"--kubeconfig={site.admin_kubeconfig}"]
    arguments.append(f"--machines={plane.aws_url}/lab/machines/{site.name}")
    environment = _environment(
        **plane.agent_credentials,
        AWS_ENDPOINT_URL=plane.aws_url,
        AWS_REGION=plane.region,
        PYTHONPATH=str(CHECKOUT),
    )
    return Command("node-agent", Path(sys.executable), arguments, environment)


def controller_health(site: Site) -> Callable[[], bool]:
    """Return a question: does the VPC Resource Controller say that it is healthy?"""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"http://127.0.0.1:{site.ports.health}/healthz"

    def healthy() -> bool:
        try:
            with opener.open(url, timeout=HEALTH_SECONDS):
                return True
        except OSError:
            return False

    return healthy


def _environment(**own: str) -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)} | own
