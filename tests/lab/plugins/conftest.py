"""A real control plane for the plugin's tests."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from lab.cluster.control_plane import ControlPlane
from lab.plugins.kubernetes import config, waiting
from lab.plugins.kubernetes.api import Api
from lab.plugins.kubernetes.objects import kind_of_token
from lab.toolchain import crd_folder, tool_folders

from .driver import NAMESPACE, POLICY, Engine, unwatched

KIND = kind_of_token(POLICY)

# A busy machine is no fault, and failures are shown, not kept in the checkout.
settings.register_profile("podsg", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("podsg")


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([*map(str, tool_folders()), os.environ["PATH"]]))
        patch.setenv("PODSG_LAB_CRDS", str(crd_folder()))
        plane = ControlPlane.start("plugin", tmp_path_factory.mktemp("plane"), "http://127.0.0.1:9/no-review")
    content = plane.admin_kubeconfig.read_text()
    connection = Api(config.target({"kubeconfig": content}))
    try:
        waiting.until(lambda: connection.schemas(KIND) or None, "the schema", 30, threading.Event())
        yield content
    finally:
        plane.stop()


@pytest.fixture(scope="session")
def api(kubeconfig: str) -> Api:
    return Api(config.target({"kubeconfig": kubeconfig}))


@pytest.fixture
def engine(kubeconfig: str) -> Engine:
    return Engine(kubeconfig=kubeconfig)


@pytest.fixture
def space(kubeconfig: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own; its end is not waited for."""
    name = re.sub("[^a-z0-9]+", "-", request.node.name)[:50].strip("-")
    engine = Engine(kubeconfig=kubeconfig)
    state = engine.up(NAMESPACE, unwatched(name))
    yield name
    engine.delete(NAMESPACE, state)
