"""The lab's own pods: what is deployed, what is left alone, how long is waited."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab import pod_waits, session, workloads
from lab.cluster.control_plane import ControlPlane
from lab.errors import LabError
from lab.pod_waits import Deployed, State, await_running, deployed, remove_pods
from lab.status import ClusterReport, NodeRow, PodRow, Verdict, kubernetes_api
from lab.status.facts import Interface
from lab.status.judging import TRUNK_TAG
from lab.toolchain import crd_folder, tool_folders
from lab.workloads import MANAGED_BY, WORKLOAD_LABEL, LabPods, LabWorkload, Place, lab_workloads, manifests
from podsg.model import WorkloadSpec, parse_environment

CLUSTER, OWNER = "dev-cluster", "podsg/dev"
CATALOG = {"app.kubernetes.io/name": "catalog"}
PLACE = Place(CLUSTER, "catalog", "catalog")
NODE_ROW = NodeRow("node-a", "m5.large", "us-west-2a", True, "eni-trunk", 9, 0, 9, 0, 1)


def workload(**changes: Any) -> LabWorkload:
    spec = {"namespace": "catalog", "pod_selector": CATALOG, "ports": [8080], "replicas": 2, **changes}
    return LabWorkload(PLACE, WorkloadSpec(**spec))


def test_each_workload_of_an_environment_gets_a_deployment() -> None:
    parts = {
        "name": "dev",
        "network": {"cidr": "10.42.0.0/16"},
        "cluster": {},
        "node_groups": {"workers": {"instance_types": ["m5.large"]}},
        "workloads": {
            "catalog": {"namespace": "shop", "pod_selector": CATALOG},
            "ui": {"namespace": "ui", "service_account_selector": {"role": "ui"}},
        },
    }
    places = [one.place for one in lab_workloads(parse_environment(parts))]
    assert places == [Place(CLUSTER, "shop", "catalog"), Place(CLUSTER, "ui", "ui")]


def test_the_pods_carry_the_labels_of_the_workload() -> None:
    (deployment,) = manifests(workload(), OWNER)
    template = deployment["spec"]["template"]
    assert CATALOG.items() <= template["metadata"]["labels"].items()
    assert deployment["spec"]["replicas"] == 2
    assert deployment["spec"]["selector"]["matchLabels"] == {WORKLOAD_LABEL: "catalog"}
    assert MANAGED_BY.items() <= deployment["metadata"]["labels"].items()
    assert template["spec"]["containers"][0]["ports"] == [{"containerPort": 8080}]
    assert "serviceAccountName" not in template["spec"]


def test_a_service_account_carries_the_labels_that_select_it() -> None:
    account, deployment = manifests(workload(service_account_selector={"role": "db"}), OWNER)
    assert account["kind"] == "ServiceAccount"
    assert account["metadata"]["labels"]["role"] == "db"
    assert deployment["spec"]["template"]["spec"]["serviceAccountName"] == account["metadata"]["name"]


def test_the_labels_that_select_a_pod_win_over_those_of_the_lab() -> None:
    (deployment,) = manifests(workload(pod_selector={"app.kubernetes.io/managed-by": "team"}), OWNER)
    assert deployment["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "team"
    assert MANAGED_BY.items() <= deployment["metadata"]["labels"].items()


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """State folder of a lab that is one API server: there are no nodes, so pods stay Pending."""
    state = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([*map(str, tool_folders()), os.environ["PATH"]]))
        patch.setenv("PODSG_LAB_CRDS", str(crd_folder()))
        patch.setenv("PODSG_LAB_STATE", str(state))
        started = ControlPlane.start(CLUSTER, state / "aws", "http://127.0.0.1:9/no-review")
        try:
            yield state
        finally:
            started.stop()


@pytest.fixture
def api(plane: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The API server, with the namespace of the workload and without its objects."""
    monkeypatch.setenv("PODSG_LAB_STATE", str(plane))
    client = kubernetes_api(plane / "aws" / "clusters" / CLUSTER / "admin.kubeconfig")
    namespaces = client.resources.get(api_version="v1", kind="Namespace")
    if not any(item.metadata.name == "catalog" for item in namespaces.get().items):
        namespaces.create(body={"metadata": {"name": "catalog"}})
    yield client
    for version, kind in (("apps/v1", "Deployment"), ("v1", "ServiceAccount"), ("v1", "Pod")):
        resource = client.resources.get(api_version=version, kind=kind)
        for item in resource.get(namespace="catalog").items:
            if item.metadata.name != "default":
                body = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}
                resource.delete(name=item.metadata.name, namespace="catalog", body=body)


def live(api: Any, kind: str = "Deployment", version: str = "apps/v1") -> Any:
    return api.resources.get(api_version=version, kind=kind).get(name="catalog", namespace="catalog")


def test_a_second_deployment_changes_nothing(api: Any) -> None:
    pods = LabPods(OWNER)
    wanted = workload(service_account_selector={"role": "db"})
    assert pods.deploy([wanted]) == []
    before = live(api).metadata.resourceVersion, live(api, "ServiceAccount", "v1").metadata.resourceVersion
    assert pods.deploy([wanted]) == []
    after = live(api).metadata.resourceVersion, live(api, "ServiceAccount", "v1").metadata.resourceVersion
    assert after == before
    assert list(pods.found()) == [PLACE]


def test_a_changed_workload_changes_its_deployment(api: Any) -> None:
    pods = LabPods(OWNER)
    pods.deploy([workload()])
    uid = live(api).metadata.uid
    assert pods.deploy([workload(replicas=5, pod_selector={"app": "other"})]) == []
    found = live(api)
    assert (found.metadata.uid, found.spec.replicas) == (uid, 5)
    assert "app.kubernetes.io/name" not in found.spec.template.metadata.labels.to_dict()


def test_deployments_of_others_are_left_alone(api: Any) -> None:
    LabPods("podsg/other").deploy([workload()])
    before = live(api).metadata.resourceVersion
    pods = LabPods(OWNER)
    (problem,) = pods.deploy([workload(replicas=7)])
    assert "exists and is not this stack's" in problem
    assert list(pods.found()) == []
    pods.delete([PLACE])
    assert live(api).metadata.resourceVersion == before


def test_what_cannot_be_deployed_is_said(api: Any) -> None:
    nowhere = LabWorkload(Place(CLUSTER, "missing", "catalog"), workload().spec)
    absent = LabWorkload(Place("gone", "catalog", "catalog"), workload().spec)
    first, second = LabPods(OWNER).deploy([nowhere, absent])
    assert "namespace missing does not exist" in first
    assert "there is no cluster gone in this lab" in second


def test_a_removal_takes_the_account_along(api: Any) -> None:
    pods = LabPods(OWNER)
    pods.deploy([workload(service_account_selector={"role": "db"})])
    pods.delete([PLACE])
    for kind, version in (("Deployment", "apps/v1"), ("ServiceAccount", "v1")):
        found = api.resources.get(api_version=version, kind=kind).get(namespace="catalog").items
        assert [item.metadata.name for item in found if item.metadata.name == "catalog"] == []
    pods.delete([PLACE])


class Ec2:
    """Interfaces that go, one look after the other."""

    def __init__(self, *steps: set[str]) -> None:
        self._steps = list(steps)

    def __call__(self, _session: object) -> tuple[Interface, ...]:
        left = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        tags = {TRUNK_TAG: "eni-trunk", f"kubernetes.io/cluster/{CLUSTER}": "owned"}
        return tuple(Interface(one, tags=tags) for one in sorted(left))


SESSION = session.Session("http://127.0.0.1:9", 1, "id", "secret")


def test_a_removal_waits_until_the_branch_enis_are_gone(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pod_waits, "read_interfaces", Ec2({"eni-1", "eni-2"}, {"eni-1", "eni-2"}, {"eni-2"}, set())
    )
    monkeypatch.setattr(pod_waits, "POLL_SECONDS", 0.01)
    pods, said = LabPods(OWNER), list[str]()
    pods.deploy([workload(replicas=0)])
    remove_pods(SESSION, pods, [PLACE], said.append)
    assert said == [
        "deleting the lab's pods: catalog/catalog on dev-cluster …",
        "waiting for the lab's pods to go: pods 0, branch ENIs 2 (cool-down) …",
        "waiting for the lab's pods to go: pods 0, branch ENIs 1 (cool-down) …",
    ]
    assert list(pods.found()) == []


def test_a_removal_ends_with_what_remains(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_waits, "read_interfaces", Ec2({"eni-1"}))
    monkeypatch.setattr(pod_waits, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(pod_waits, "AFTER_COOLDOWN_SECONDS", 0.05)
    monkeypatch.setattr(pod_waits, "read_cooldown_seconds", lambda _: 0)
    pods = LabPods(OWNER)
    pods.deploy([workload(replicas=0)])
    with pytest.raises(LabError, match=r"remain of the lab's pods 0, and branch ENIs eni-1\."):
        remove_pods(SESSION, pods, [PLACE], print)


def test_without_pods_nothing_is_waited_for() -> None:
    said: list[str] = []
    remove_pods(SESSION, LabPods(OWNER), [], said.append)
    assert said == []


def row(number: int, phase: str = "Running") -> PodRow:
    verdict = Verdict.BRANCH_ENI if phase == "Running" else Verdict.WAITING
    return PodRow("catalog", f"catalog-{number}", None, phase, "", None, None, None, (), verdict, "")


def state(*rows: PodRow, nodes: tuple[NodeRow, ...] = (NODE_ROW,)) -> State:
    return State({CLUSTER: ClusterReport(nodes=nodes)}, {PLACE: rows} if rows else {})


def test_the_wait_ends_when_all_run() -> None:
    steps = [state(), state(row(1), row(2, "Pending")), state(row(1), row(2), row(3)), state(row(1), row(2))]
    said: list[str] = []
    reached = await_running(lambda: steps.pop(0), [workload()], said.append, poll=0.001)
    assert reached.running(PLACE) == 2
    assert steps == []
    assert said == [f"waiting for pods: {number} of 2 run …" for number in (0, 1, 3)]
    assert deployed(reached, [workload()], []) == Deployed((row(1), row(2)), (), ())


def test_the_wait_ends_when_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_waits, "STALLED_SECONDS", 0.01)
    short = state(row(1), row(2, "Pending"))
    found = deployed(await_running(lambda: short, [workload()], lambda _: None, 0.001), [workload()], [])
    assert found.notes == ("1 of 2 pods of catalog/catalog on dev-cluster run.",)
    assert found.failed == ()


def test_a_workload_that_does_not_run_at_all_is_a_failure_unless_there_are_no_nodes() -> None:
    pending = deployed(state(row(1, "Pending"), row(2, "Pending")), [workload()], ["why"])
    assert pending.failed == ("catalog/catalog on dev-cluster",)
    assert pending.notes[0] == "why"
    empty = deployed(state(nodes=()), [workload()], [])
    assert empty.failed == ()
    assert empty.notes == ("0 of 2 pods of catalog/catalog on dev-cluster run; the cluster has no nodes.",)
    assert deployed(state(), [workload(replicas=0)], []) == Deployed()


def test_cooling_down_needs_more_patience() -> None:
    cooling = NodeRow("a", "m5.large", "a", True, "eni-t", 9, 8, 0, 1, 1)
    assert state(nodes=(cooling,)).patience() > state().patience() > state(nodes=()).patience()


def test_a_full_cluster_needs_little_patience() -> None:
    refused = replace(row(1, "Pending"), message="0/1 nodes are available: 1 Insufficient pod-eni.")
    assert state(refused).patience() < state().patience()
    assert state(replace(refused, node="node-a")).patience() == state().patience()
    without_trunk = replace(NODE_ROW, branch_enis=0, trunk=None)
    assert state(refused, nodes=(NODE_ROW, without_trunk)).patience() == state().patience()


def test_a_dead_cluster_is_told_and_not_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "aws" / "clusters" / CLUSTER
    folder.mkdir(parents=True)
    (folder / "admin.kubeconfig").write_text("{}")
    monkeypatch.setenv("PODSG_LAB_STATE", str(tmp_path))
    (problem,) = LabPods(OWNER).deploy([workload()])
    assert "does not answer" in problem
    assert list(LabPods(OWNER).found()) == []
    assert workloads.IMAGE
