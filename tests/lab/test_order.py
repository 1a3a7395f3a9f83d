"""A wrong order fails: take one edge out of the recorded graph, delete its end first, and see the refusal.

The engine deletes `end` with everything that still depends on it, according to the record; `start`, whose
edge is gone, stays, and the other side refuses.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import Any

import pytest
from pulumi.automation import Deployment

from lab.engine import Engine, EngineError
from tests.lab.conftest import Lab

GIVE_UP_SECONDS = 1
GATE = "dynamic/podsg:"


@dataclass(frozen=True)
class Edge:
    """`start` depends on `end`, both by how their URNs end; `refusal` is what the other side answers."""

    start: str
    end: str
    refusal: str


# From the leaves of the graph to its root: each step takes parts away that no later step needs.
EDGES = (
    Edge(
        "Instance::dev-catalog-instance",
        "ParameterGroup::dev-catalog-parameters",
        "InvalidDBParameterGroupState",
    ),
    Edge(
        "Instance::dev-catalog-instance", "SubnetGroup::dev-catalog-subnets", "InvalidDBSubnetGroupStateFault"
    ),
    Edge("Instance::dev-catalog-instance", "SecurityGroup::dev-database-catalog", "DependencyViolation"),
    Edge(
        "SecurityGroupIngressRule::dev-catalog-dns-tcp-ingress",
        "SecurityGroup::dev-pod-catalog",
        "DependencyViolation",
    ),
    Edge(
        "RolePolicyAttachment::dev-workers-role-worker-node",
        "Role::dev-workers-role",
        "DeleteConflict",
    ),
    Edge("Cluster::dev-cluster-control-plane", "Subnet::dev-network-private-1", "DependencyViolation"),
    Edge("NatGateway::dev-network-nat-1", "Eip::dev-network-nat-1-address", "InvalidIPAddress.InUse"),
    Edge("InternetGateway::dev-network-igw", "Vpc::dev-network-vpc", "DependencyViolation"),
)


class Record:
    """The engine's record of a stack: take an edge out, then put back what was there, less what is gone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        deployment = engine.export().deployment
        assert deployment is not None
        self._deployment = dict(deployment)
        self._resources: list[dict[str, Any]] = self._deployment["resources"]

    def urn(self, ending: str) -> str:
        return str(self._find(ending, self._resources)["urn"])

    def write_without(self, edge: Edge) -> None:
        resources = copy.deepcopy(self._resources)
        end = self._find(edge.end, resources)
        starts = [one for one in resources if re.search(f"({edge.start})$", one["urn"])]
        lists = [
            urns
            for start in starts
            for urns in (start.get("dependencies", []), *start.get("propertyDependencies", {}).values())
        ]
        assert any(end["urn"] in urns for urns in lists), f"no such edge: {edge}"
        for urns in lists:
            urns[:] = [urn for urn in urns if urn != end["urn"]]
        end["customTimeouts"] = {"delete": GIVE_UP_SECONDS}
        self._write(resources)

    def write_without_gates(self) -> None:
        """Take the gates out for good: whatever is deleted would pass them first."""
        gates = {one["urn"] for one in self._resources if GATE in one["type"]}
        kept = [one for one in self._resources if one["urn"] not in gates]
        for one in kept:
            one["dependencies"] = [urn for urn in one.get("dependencies", []) if urn not in gates]
        self._write(kept)

    def write_back(self) -> None:
        left = {one["urn"] for one in Record(self._engine)._resources}
        self._write([one for one in self._resources if one["urn"] in left])

    def _write(self, resources: list[dict[str, Any]]) -> None:
        self._engine.import_state(
            Deployment(version=3, deployment={**self._deployment, "resources": resources})
        )

    @staticmethod
    def _find(ending: str, resources: list[dict[str, Any]]) -> dict[str, Any]:
        (found,) = (one for one in resources if re.search(f"{ending}$", one["urn"]))
        return found


def test_the_lab_refuses_each_wrong_order(activated: Lab) -> None:
    # given the whole environment, without pods and so without need of gates
    engine = Engine("dev", print, activated.project)
    engine.up()
    Record(engine).write_without_gates()

    refusals = {}
    for edge in EDGES:
        # when one edge is gone and its end is deleted
        record = Record(engine)
        record.write_without(edge)
        with pytest.raises(EngineError) as refused:
            engine.destroy(target=[record.urn(edge.end)], target_dependents=True)
        refusals[edge] = str(refused.value)

        # then the part that needed it is still there
        record.write_back()
        assert Record(engine).urn(edge.start)

    # and each refusal is the one of the real API
    assert [edge for edge, text in refusals.items() if edge.refusal not in text] == [], refusals

    # and with the edges back, the rest goes
    engine.destroy()
    assert activated.json("status")["total"] == 0


def test_kubernetes_objects_need_the_access_entry(activated: Lab) -> None:
    # given the whole environment, and a record without the edges from provider and add-ons to the rights
    engine = Engine("dev", print, activated.project)
    engine.up()
    Record(engine).write_without_gates()
    record = Record(engine)
    edge = Edge("dev-kubernetes|Addon::dev-cluster-.*", "AccessPolicyAssociation::dev-cluster-admin-.*", "")
    record.write_without(edge)

    # when the rights go first
    engine.destroy(target=[record.urn(edge.end)], target_dependents=True)

    # then the API server refuses the rest
    with pytest.raises(EngineError, match=r"(?i)unauthorized|forbidden"):
        engine.destroy(target=[record.urn("Namespace::dev-namespace-catalog")], target_dependents=True)

    # and with the rights back, all goes
    engine.up()
    engine.destroy()
    assert activated.json("status")["total"] == 0
