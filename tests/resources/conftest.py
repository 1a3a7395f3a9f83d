"""What the tests of the components share."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator

import pytest

from podsg.resources import reachable_api

from .graph import Graph, dev_environment, register_environment

# The package warns about a class of its own while it is imported, which it is on first use.
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="aws.ec2/encryptioncontrol", category=DeprecationWarning)
    importlib.import_module("pulumi_aws.ec2").Vpc  # noqa: B018 - makes the lazy module load


@pytest.fixture(scope="session", autouse=True)
def answering_api() -> Iterator[None]:
    """Let every Kubernetes API answer: the engine's mocks have none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reachable_api, "problem_of", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def dev() -> Graph:
    """What the reference environment registers."""
    return register_environment(dev_environment())
