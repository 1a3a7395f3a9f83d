"""A cluster is found by its name, and only its own API is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError, EndpointConnectionError

from podsg.errors import (
    AccessDeniedError,
    ApiUnreachableError,
    Explanation,
    NotFoundError,
    PodsgError,
    StateError,
)
from podsg.provider.any_cluster import Search, find_cluster
from podsg.provider.target import Target

ENDPOINT = "https://ABC.gr7.us-west-2.eks.amazonaws.com"
CLUSTER = {
    "name": "dev",
    "status": "ACTIVE",
    "endpoint": ENDPOINT,
    "certificateAuthority": {"data": "QQ=="},
    "resourcesVpcConfig": {"vpcId": "vpc-1"},
}
SEARCH = Search(Target("us-west-2", ""), "dev")


class Account:
    """EKS with one cluster or an error, and EC2 with one VPC."""

    def __init__(self, cluster: Mapping[str, Any] | Exception) -> None:
        self.cluster = cluster

    def __call__(self, _target: Target) -> Any:
        return lambda _service: self

    def describe_cluster(self, name: str) -> dict[str, Any]:
        assert name == "dev"
        if isinstance(self.cluster, Exception):
            raise self.cluster
        return {"cluster": self.cluster}

    def describe_vpcs(self, **asked: Any) -> dict[str, Any]:
        wanted = asked["Filters"][0]["Values"]
        return {"Vpcs": [{"VpcId": one} for one in wanted if one in {"vpc-1", "vpc-2"}]}

    def describe_network_interfaces(self, **_: Any) -> dict[str, Any]:
        return {"NetworkInterfaces": []}


class Connected:
    """Take kubeconfigs and connect to nothing."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []

    def __call__(self, text: str) -> Any:
        self.documents.append(json.loads(text))
        return self

    def pods(self) -> Any:
        raise _unreachable()


def _unreachable() -> ApiUnreachableError:
    return ApiUnreachableError(Explanation("Kubernetes API", "it cannot be reached", "-", "-"))


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeCluster")


GONE = _refused("ResourceNotFoundException")


def _file(folder: Path, *servers: str, current: str = "") -> Path:
    path = folder / "config"
    names = [f"c{number}" for number, _ in enumerate(servers)]
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": server}} for name, server in zip(names, servers, strict=True)
        ],
        "contexts": [{"name": f"x-{name}", "context": {"cluster": name, "user": "me"}} for name in names],
        "users": [{"name": "me", "user": {}}],
        "current-context": current,
    }
    path.write_text(yaml.safe_dump(document))
    return path


def test_its_vpc_and_the_login_come_from_eks() -> None:
    api = Connected()
    search = replace(SEARCH, target=Target("us-west-2", "", "ops", "arn:aws:iam::1:role/x"))

    found = find_cluster(search, Account(CLUSTER), api)

    assert (found.vpc_id, found.note) == ("vpc-1", "")
    assert found.kubernetes
    login = api.documents[0]["users"][0]["user"]["exec"]
    assert login["command"] == "aws"
    assert " ".join(login["args"]) == (
        "eks get-token --cluster-name dev --region us-west-2 --output json"
        " --profile ops --role-arn arn:aws:iam::1:role/x"
    )


def test_without_a_profile_or_role_the_login_names_none() -> None:
    api = Connected()
    find_cluster(SEARCH, Account(CLUSTER), api)

    arguments = api.documents[0]["users"][0]["user"]["exec"]["args"]
    assert [one for one in arguments if one in {"--profile", "--role-arn"}] == []


def test_a_sweep_connects_to_no_api() -> None:
    found = find_cluster(SEARCH, Account(CLUSTER), api=None)

    assert (found.vpc_id, found.kubernetes) == ("vpc-1", None)


def test_a_cluster_that_is_gone_is_looked_at_in_the_given_vpc_alone() -> None:
    api = Connected()
    found = find_cluster(replace(SEARCH, vpc_id="vpc-2"), Account(GONE), api)

    assert (found.vpc_id, found.kubernetes, api.documents) == ("vpc-2", None, [])
    assert "EKS has no cluster dev in vpc-2" in found.note


def test_the_api_of_a_cluster_of_the_same_name_in_another_vpc_is_not_asked() -> None:
    api = Connected()
    found = find_cluster(replace(SEARCH, vpc_id="vpc-2"), Account(CLUSTER), api)

    assert (found.vpc_id, api.documents) == ("vpc-2", [])


def test_a_cluster_that_is_being_created_has_no_api() -> None:
    creating = {**CLUSTER, "status": "CREATING", "endpoint": None}
    found = find_cluster(SEARCH, Account(creating), Connected())

    assert found.kubernetes is None
    assert "CREATING" in found.note


def test_a_login_that_fails_is_a_note() -> None:
    def fails(_text: str) -> Any:
        raise _unreachable()

    assert "it cannot be reached" in find_cluster(SEARCH, Account(CLUSTER), fails).note


def test_an_api_that_ends_answering_is_a_note_too() -> None:
    rows, note = find_cluster(SEARCH, Account(CLUSTER), Connected()).rows()

    assert rows == ()
    assert "it cannot be reached" in note


@pytest.mark.parametrize(
    ("answer", "vpc_id", "kind", "said"),
    [
        (GONE, "", NotFoundError, "--vpc-id"),
        (_refused("AccessDeniedException"), "", AccessDeniedError, "podsg enis iam"),
        (EndpointConnectionError(endpoint_url="https://eks"), "", AccessDeniedError, "https://eks"),
        (CLUSTER, "vpc-9", StateError, "vpc-9"),
    ],
)
def test_what_cannot_be_looked_at_is_never_clean(
    answer: Any, vpc_id: str, kind: type[PodsgError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        find_cluster(replace(SEARCH, vpc_id=vpc_id), Account(answer), Connected())


def test_the_context_of_a_kubeconfig_is_taken_by_the_url_of_the_cluster(tmp_path: Path) -> None:
    # given a file whose current context is about another cluster
    api = Connected()
    path = _file(tmp_path, "https://other", ENDPOINT.lower() + "/", current="x-c0")

    find_cluster(replace(SEARCH, kubeconfig=path), Account(CLUSTER), api)

    assert api.documents[0]["current-context"] == "x-c1"
    assert [one["name"] for one in api.documents[0]["clusters"]] == ["c1"]


def test_of_two_contexts_of_the_cluster_the_current_one_is_taken(tmp_path: Path) -> None:
    api = Connected()
    path = _file(tmp_path, ENDPOINT, ENDPOINT, current="x-c1")

    find_cluster(replace(SEARCH, kubeconfig=path), Account(CLUSTER), api)

    assert api.documents[0]["current-context"] == "x-c1"


def test_a_kubeconfig_of_other_clusters_is_refused(tmp_path: Path) -> None:
    search = replace(SEARCH, kubeconfig=_file(tmp_path, "https://other"))

    with pytest.raises(StateError, match=f"whose server is {ENDPOINT}"):
        find_cluster(search, Account(CLUSTER), Connected())


@pytest.mark.parametrize("text", ["", "- 1", "clusters: 3", "a: [", None])
def test_a_file_that_is_no_kubeconfig_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text)

    with pytest.raises(StateError, match="is no kubeconfig file"):
        find_cluster(replace(SEARCH, kubeconfig=path), Account(CLUSTER), Connected())
