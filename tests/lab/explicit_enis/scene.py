"""A node with a trunk ENI, and a stack whose program makes branch ENIs on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lab.engine import Engine
from lab.status import client
from tests.lab.conformance.ec2_trunk_rows import Trunk
from tests.lab.conformance.row import Clients
from tests.lab.conftest import Lab

FAILED = 1
PROGRAM = """
import pulumi
from podsg.resources import BranchEni

for name, args in pulumi.Config("enis").require_object("described").items():
    made = BranchEni(name, args)
    pulumi.export(name, made.eni_id)
"""


@dataclass
class Scene:
    """One stack of explicit branch ENIs.

    Its project is its own: EC2 remembers the branch ENIs of other tests by owner and name, and a process that
    finds them remembered looks for them before it makes another.
    """

    lab: Lab
    node: Trunk
    folder: Path
    project: str
    lines: list[str] = field(default_factory=list)

    @property
    def owner(self) -> str:
        return f"{self.project}/dev"

    @property
    def ec2(self) -> Any:
        return client(self.lab.running(), "ec2")

    def describe(self, **described: dict[str, Any]) -> None:
        """Write what the stack is to have; the trunk is filled in."""
        enis = {name: {"trunk_eni_id": self.node.trunk_id, **args} for name, args in described.items()}
        config = {"aws:region": "us-west-2", "enis:described": enis}
        (self.folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))

    @property
    def engine(self) -> Engine:
        return Engine("dev", self.lines.append, self.folder)

    def up(self, **described: dict[str, Any]) -> dict[str, int]:
        """Bring the stack to a description, and return the steps on branch ENIs by kind."""
        self.describe(**described)
        return self._steps(self.engine, "up")

    def refused_up(self, **described: dict[str, Any]) -> str:
        """Bring the stack up in a process of its own, and return why it failed."""
        self.describe(**described)
        done = self.lab.run("up", "--project", str(self.folder))
        assert done.returncode == FAILED, done.stderr
        return done.stderr

    def refresh(self) -> dict[str, int]:
        return self._steps(self.engine, "refresh")

    def _steps(self, engine: Engine, verb: str) -> dict[str, int]:
        getattr(engine, verb)()
        counted: dict[str, int] = {}
        for event in engine._events:
            step = event.res_outputs_event
            if step is not None and step.metadata.type.endswith("podsg:BranchEni"):
                kind = str(step.metadata.op).rpartition(".")[2].lower().replace("_", "-")
                counted[kind] = counted.get(kind, 0) + 1
        return counted

    def destroy(self) -> None:
        self.engine.destroy()

    def owned(self) -> dict[str, Any]:
        """Return the interfaces of the stack by logical name; never two of one name."""
        filters = [{"Name": "tag:podsg:owner", "Values": [self.owner]}]
        found = self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        names = [tag["Value"] for one in found for tag in one["TagSet"] if tag["Key"] == "podsg:branch-eni"]
        assert len(names) == len(set(names)) == len(found), names
        return dict(zip(names, found, strict=True))

    def vlans(self) -> dict[str, int]:
        """Return the VLAN of each branch by its interface."""
        found = self.ec2.describe_trunk_interface_associations()["InterfaceAssociations"]
        return {one["BranchInterfaceId"]: one["VlanId"] for one in found}

    def resources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (self.engine.export().deployment or {}).get("resources") or []
        return found

    def recorded(self, name: str) -> dict[str, Any]:
        (found,) = [one for one in self.resources() if one["urn"].endswith(f"podsg:BranchEni::{name}")]
        return found


@contextmanager
def stack_of_enis(lab: Lab, folder: Path) -> Iterator[Scene]:
    folder.mkdir()
    project = f"explicit-{uuid.uuid4().hex[:8]}"
    (folder / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    session = lab.running()
    node = Trunk(Clients(session.url, session.access_key_id, session.secret_access_key))
    assert node.trunk_id
    scene = Scene(lab, node, folder, project)
    scene.describe()
    try:
        yield scene
    finally:
        _remove(node)


def _remove(node: Trunk) -> None:
    """Delete what was made beside the stack."""
    ec2 = node.ec2
    ec2.terminate_instances(InstanceIds=[node.instance_id])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[node.instance_id], WaiterConfig={"Delay": 1})
    filters = [{"Name": "vpc-id", "Values": [node.vpc_id]}]
    for one in ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]:
        ec2.delete_network_interface(NetworkInterfaceId=one["NetworkInterfaceId"])
    for one in ec2.describe_security_groups(Filters=filters)["SecurityGroups"]:
        if one["GroupName"] != "default":
            ec2.delete_security_group(GroupId=one["GroupId"])
    for one in ec2.describe_subnets(Filters=filters)["Subnets"]:
        ec2.delete_subnet(SubnetId=one["SubnetId"])
    ec2.delete_vpc(VpcId=node.vpc_id)
