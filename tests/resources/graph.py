"""The resources that a program registers, and what waits for what."""

from __future__ import annotations

import asyncio
import json
import runpy
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks, rpc

ROOT = Path(__file__).resolve().parents[2]
VPC_ID = "vpc-00000000000000001"
"""VPC of every cluster that exists already."""
STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Resource:
    """One registration, as the engine would see it."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    inputs: Mapping[str, Any]
    waits_for: frozenset[str]
    """URNs that the engine records as dependencies: declared, or through a property."""
    provider: str
    """URN of an explicit provider; empty without one."""

    @property
    def earlier(self) -> frozenset[str]:
        """URNs that the engine records as what has to be there first.

        The parent is not among them: the engine makes it first, but a child has none of its dependencies.
        """
        return self.waits_for | ({self.provider} - {""})


class Graph:
    """All registrations of one run, in order."""

    def __init__(
        self, resources: list[Resource], outputs: Mapping[str, Mapping[str, Any]], exports: frozenset[str]
    ) -> None:
        """Keep the registrations by URN."""
        self.by_urn = {resource.urn: resource for resource in resources}
        assert len(self.by_urn) == len(resources), "two resources have one URN"
        self._outputs = outputs
        self.exports = exports
        """Names of what the program exports."""

    def outputs_of(self, component: str) -> Mapping[str, Any]:
        """Return what the only component of this class has registered as its outputs."""
        (found,) = self.of_type(f"podsg:index:{component}")
        return self._outputs[found.urn]

    def __iter__(self) -> Iterator[Resource]:
        """Go through the registrations in order."""
        return iter(self.by_urn.values())

    def named(self, name: str) -> Resource:
        """Return the only custom resource with this logical name."""
        found = [resource for resource in self if resource.name == name and resource.custom]
        assert len(found) == 1, f"{name}: {len(found)} custom resources"
        return found[0]

    def of_type(self, *types: str) -> list[Resource]:
        """Return the resources of these types."""
        return [resource for resource in self if resource.type in types]

    def custom(self) -> dict[str, Resource]:
        """Return what a provider makes, by URN; without components."""
        return {resource.urn: resource for resource in self if resource.custom}

    def waits_for(self, later: Resource, earlier: Resource) -> bool:
        """Tell whether one resource waits for another, over any number of steps."""
        seen: set[str] = set()
        open_urns = [later.urn]
        while open_urns:
            resource = self.by_urn.get(open_urns.pop())
            new = (resource.earlier if resource else frozenset()) - seen
            seen |= new
            open_urns += new
        return earlier.urn in seen


class RecordingMonitor(mocks.MockMonitor):
    """The SDK's mock monitor, which also keeps the dependencies of each registration."""

    def __init__(self, answers: mocks.Mocks) -> None:
        """Start with no registration."""
        super().__init__(answers)
        self.recorded: list[Resource] = []
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the SDK's name and type
        """Record a registration, then answer it."""
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != STACK_TYPE:
            through_properties = {
                urn for listed in request.propertyDependencies.values() for urn in listed.urns
            }
            self.recorded.append(
                Resource(
                    urn=response.urn,
                    type=request.type,
                    name=request.name,
                    custom=request.custom,
                    parent=request.parent,
                    inputs=rpc.deserialize_properties(request.object),
                    waits_for=frozenset({*request.dependencies, *through_properties}),
                    provider=request.provider.rpartition("::")[0],
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the SDK's name and type
        """Keep the outputs that a component, or the stack, registers."""
        self.outputs[request.urn] = rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def zone_of(subnet_id: str) -> str:
    """Return the zone of a subnet that exists already: those that end in 1, 2, 3 and so on go round."""
    return f"us-west-2{'cab'[int(subnet_id[-1:] or '0', 16) % 3]}"


class Answers(mocks.Mocks):
    """Plausible answers of AWS and Kubernetes."""

    def __init__(self, zones: int = 4) -> None:
        """Offer a region with this many zones."""
        self.zones = zones
        self.asked: dict[str, dict[str, Any]] = {}
        """Arguments of the last call of each function."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answer an invoke."""
        self.asked[args.token] = dict(args.args)
        caller = "arn:aws:iam::123456789012:user/podsg-lab"
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "123456789012", "arn": caller},
            "aws:index/getRegion:getRegion": {"region": "us-west-2"},
            "aws:index/getPartition:getPartition": {"partition": "aws"},
            "aws:index/getAvailabilityZones:getAvailabilityZones": {
                "names": [f"us-west-2{letter}" for letter in "abcdef"[: self.zones]]
            },
            "aws:iam/getSessionContext:getSessionContext": {"issuerArn": args.args.get("arn")},
            "aws:ec2/getSubnets:getSubnets": {
                "ids": [f"subnet-0000000000000000{end}" for end in range(1, 8)]
            },
            "aws:ec2/getSubnet:getSubnet": {"availabilityZone": zone_of(str(args.args.get("id")))},
            "aws:eks/getClusters:getClusters": {"names": ["other", "platform"], "region": "us-west-2"},
            "aws:eks/getCluster:getCluster": {
                "name": args.args.get("name"),
                "createdAt": "2026-01-02T03:04:05Z",
                "endpoint": "https://127.0.0.1:6443",
                "certificateAuthorities": [{"data": "QQ=="}],
                "vpcConfig": {"vpcId": VPC_ID, "clusterSecurityGroupId": "sg-00000000000000c1a"},
            },
        }
        return answers[args.token], []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Answer a registration: the inputs, a name, an ARN, and what the type computes."""
        outputs: dict[str, Any] = {
            "name": args.name,
            "arn": f"arn:aws:test:us-west-2:123456789012:{args.name}",
        }
        outputs |= args.inputs
        if args.typ == "aws:eks/cluster:Cluster":
            outputs |= {
                "createdAt": "2026-01-02T03:04:05Z",
                "endpoint": "https://127.0.0.1:6443",
                "certificateAuthority": {"data": "QQ=="},
                "identities": [{"oidcs": [{"issuer": "https://oidc.eks.us-west-2.amazonaws.com/id/A1"}]}],
                "vpcConfig": {**args.inputs["vpcConfig"], "clusterSecurityGroupId": "sg-00000000000000c1a"},
            }
        if args.typ == "aws:ec2/launchTemplate:LaunchTemplate":
            outputs["latestVersion"] = 1
        if args.typ == "aws:rds/cluster:Cluster":
            name = args.inputs["clusterIdentifier"]
            secret = {"secretArn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!cluster-1"}
            outputs |= {
                "endpoint": f"{name}.cluster-abc.us-west-2.rds.amazonaws.com",
                "readerEndpoint": f"{name}.cluster-ro-abc.us-west-2.rds.amazonaws.com",
                "masterUserSecrets": [secret],
            }
        if args.typ == "aws:rds/instance:Instance":
            address = f"{args.inputs['identifier']}.abc.us-west-2.rds.amazonaws.com"
            secret = {"secretArn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!db-1"}
            outputs |= {
                "address": address,
                "endpoint": f"{address}:{int(args.inputs['port'])}",
                "masterUserSecrets": [secret],
            }
        return f"{args.name}-id", outputs


def dev_environment() -> dict[str, Any]:
    """Return a fresh copy of the reference environment, as people wrote it."""
    return environment_of("dev")


def environment_of(stack: str) -> dict[str, Any]:
    """Return a fresh copy of the environment of a stack, as people wrote it."""
    config = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"]
    environment: dict[str, Any] = config["podsg:environment"]
    return environment


@contextmanager
def closed_event_loops() -> Iterator[None]:
    """Give the SDK an event loop here and one in its only worker thread, and close both in the end."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = ThreadPoolExecutor(max_workers=1)
    worker.submit(lambda: asyncio.set_event_loop(asyncio.new_event_loop())).result()
    loop.set_default_executor(worker)
    try:
        yield
    finally:
        # A program that failed leaves tasks behind, which would speak up in another test.
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        worker.submit(lambda: asyncio.get_event_loop().close()).result()
        worker.shutdown()
        loop.close()
        asyncio.set_event_loop(None)


def register(program: Callable[[], object], answers: Answers | None = None) -> Graph:
    """Run a program against the mocks and return what it registered."""
    answers = answers or Answers()
    monitor = RecordingMonitor(answers)

    exports: set[str] = set()

    def run() -> None:
        program()
        stack = pulumi.runtime.get_root_resource()
        exports.update(getattr(stack, "outputs", ()))

    with closed_event_loops():
        mocks.set_mocks(answers, project="podsg", stack="dev", monitor=monitor)
        mocks.test(run)()  # type: ignore[no-untyped-call]
    return Graph(monitor.recorded, monitor.outputs, frozenset(exports))


def register_environment(environment: object, answers: Answers | None = None) -> Graph:
    """Run the project's own program for one environment."""

    def program() -> None:
        pulumi.runtime.set_all_config({"podsg:environment": json.dumps(environment)})
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

    return register(program, answers)
