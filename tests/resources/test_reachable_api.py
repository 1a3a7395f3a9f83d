"""An API that answers is reached, whatever it answers; another one is an error, or a warning in a preview."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator

import pulumi
import pytest

from podsg.resources import reachable_api

from .graph import dev_environment, register_environment

# As it is, before the fixture of all tests lets every API answer.
PROBLEM_OF = reachable_api.problem_of
NO_CERTIFICATE = base64.b64encode(b"").decode()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, held so that nobody takes it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_refused_connection_is_told(closed_port: int) -> None:
    # Given a port where nobody listens, when its API is asked, then the system's own words come back.
    problem = PROBLEM_OF(f"https://127.0.0.1:{closed_port}", NO_CERTIFICATE)
    assert problem is not None
    assert "refused" in problem


def test_an_api_that_cannot_be_reached_names_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an API that nobody answers for
    monkeypatch.setattr(reachable_api, "problem_of", lambda *_: "timed out")
    # When an environment with its own cluster is made
    with pytest.raises(pulumi.RunError) as refused:
        register_environment(dev_environment())
    # Then it is told where, why, and both ways out.
    text = str(refused.value)
    assert "dev-cluster: the Kubernetes API at https://127.0.0.1:6443 cannot be reached from here" in text
    assert "(timed out)" in text
    assert "cluster.endpoint_access.public_cidrs" in text
    assert "cluster.endpoint_access.private_cidrs" in text


def test_a_preview_only_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given the same in a preview
    monkeypatch.setattr(reachable_api, "problem_of", lambda *_: "timed out")
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: warnings.append(text))
    # When the environment is previewed, then it is warned once, and goes on.
    graph = register_environment(dev_environment())
    assert [text.partition(":")[0] for text in warnings] == ["dev-cluster"]
    assert graph.named("dev-namespace-catalog")
