"""EKS of the lab: strict where EKS is, with a real Kubernetes control plane behind each cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import moto.eks.models
import moto.eks.urls
from werkzeug.wrappers import Request, Response

from lab.aws import server
from lab.aws.eks import access_review, machines, token_review
from lab.aws.eks.backend import LabEKSBackend
from lab.aws.eks.responses import LabEKSResponse
from lab.aws.lock import BACKEND_LOCK

if TYPE_CHECKING:
    from pathlib import Path

    from lab.aws.eks.state import Cluster

TOKEN_REVIEW = "/lab/token-review/"  # noqa: S105  a path
ACCESS_REVIEW = "/lab/access-review/"
MACHINES = "/lab/machines/"
PATHS = (
    "/clusters$",
    "/clusters/(?P<name>[^/]+)$",
    "/clusters/(?P<name>[^/]+)/(?P<rest>.+)$",
    "/addons/supported-versions$",
    "/addons/configuration-schemas$",
    "/access-policies$",
    "/cluster-versions$",
    "/tags/(?P<resourceArn>.+)$",
)


def install(state_dir: Path) -> None:
    """Put the lab's classes in place of moto's, before the first request.

    Args:
        state_dir: Control planes keep their data in `clusters/` of it.
    """
    LabEKSBackend.folder = state_dir
    backends = moto.eks.models.eks_backends
    backends.backend = LabEKSBackend
    backends.clear()
    moto.eks.urls.url_paths.clear()
    moto.eks.urls.url_paths.update(dict.fromkeys(("{0}" + path for path in PATHS), LabEKSResponse.dispatch))
    server.ROUTES |= {
        TOKEN_REVIEW: _review_token,
        ACCESS_REVIEW: _review_access,
        MACHINES: _list_machines,
    }
    if _stop not in server.ON_STOP:
        server.ON_STOP.append(_stop)


def _backend() -> LabEKSBackend:
    backend = moto.eks.models.eks_backends[server.ACCOUNT_ID][server.REGION]
    if not isinstance(backend, LabEKSBackend):
        raise TypeError("another EKS backend is in place of the lab's")
    return backend


def _cluster(request: Request, prefix: str) -> Cluster | None:
    return _backend().clusters.get(request.path.removeprefix(prefix).strip("/"))


def _review_token(request: Request) -> Response:
    """Answer an API server that asks whose token it was given."""
    body, port = json.loads(request.get_data()), int(request.environ["SERVER_PORT"])
    with BACKEND_LOCK:
        answer = token_review.review(_cluster(request, TOKEN_REVIEW), server.ACCOUNT_ID, port, body)
    return server.answer_json(answer)


def _review_access(request: Request) -> Response:
    """Answer an API server that asks whether a user may do something."""
    body = json.loads(request.get_data())
    with BACKEND_LOCK:
        answer = access_review.review(_cluster(request, ACCESS_REVIEW), body)
    return server.answer_json(answer)


def _list_machines(request: Request) -> Response:
    """Answer a cluster's node agent that asks for the machines to play."""
    with BACKEND_LOCK:
        answer = machines.listing(_cluster(request, MACHINES), server.ACCOUNT_ID, server.REGION)
    return server.answer_json(answer)


def _stop() -> None:
    with BACKEND_LOCK:
        for _, _, backend in moto.eks.models.eks_backends.iter_backends():
            if isinstance(backend, LabEKSBackend):
                backend.stop_control_planes()
