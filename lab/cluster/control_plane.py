"""One Kubernetes control plane on loopback, with what plays its nodes and pods if that is wanted.

etcd, API server and controller manager are always there: without the namespace controller no namespace is
ever gone. Settings with a data plane add scheduler, kwok, the VPC Resource Controller and the node agent.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

from lab.cluster import arguments, data_plane, resource_controller
from lab.cluster.admin import Admin
from lab.cluster.arguments import DataPlane, Ports, Settings, Site
from lab.cluster.certificates import make_certificates
from lab.cluster.children import Children, Command, find_program, free_ports
from lab.errors import LabError

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager")
DATA_PLANE_PROGRAMS = ("kube-scheduler", "kwok", "vpc-resource-controller")
START_ATTEMPTS = 3
PORT_TAKEN = "address already in use"


@dataclass
class ControlPlane:
    """Hold a running control plane; make it with `start`.

    Attributes:
        name: Name of the EKS cluster.
        endpoint: `https://127.0.0.1:<port>`.
        certificate_authority_data: The authority in PEM, base64: the form of DescribeCluster and of a
            kubeconfig.
        folder: Keys, logs and data; mode 0700, gone after `stop`.
        admin_kubeconfig: The lab's own access (group system:masters), mode 0600.
    """

    name: str
    endpoint: str
    certificate_authority_data: str
    folder: Path
    admin_kubeconfig: Path
    _children: Children = field(repr=False)
    _site: Site = field(repr=False)

    @classmethod
    def start(
        cls, name: str, state_dir: Path, token_review_url: str, settings: Settings | None = None
    ) -> ControlPlane:
        """Start the processes and wait until the API, the definitions and the controllers are there.

        Waits up to a minute per step; about 4 s on two cores, 6 s with a data plane. Afterwards each process
        that ends by itself is started again.

        Args:
            name: Name of the EKS cluster; data of an older one of that name is dropped.
            state_dir: The lab server's state folder; this uses `clusters/<name>` in it.
            token_review_url: Where the API server asks who a bearer token belongs to (plain http,
                loopback).
            settings: What the cluster's definition decides; defaults as EKS.

        Raises:
            LabError: A program or the definitions are missing, or the control plane does not become ready.
        """
        chosen = settings or Settings()
        for each in PROGRAMS if chosen.data_plane is None else PROGRAMS + DATA_PLANE_PROGRAMS:
            find_program(each)
        definitions = definitions_folder()
        folder = data_folder(state_dir, name)
        for attempt in range(1, START_ATTEMPTS + 1):
            site = _make_site(folder, token_review_url, chosen)
            children = Children(folder)
            try:
                _start(site, children, definitions)
            except BaseException as error:
                children.stop()
                if attempt == START_ATTEMPTS or PORT_TAKEN not in str(error):
                    raise
            else:
                break
        children.supervise()
        return cls(name, site.endpoint, _authority(site), folder, site.admin_kubeconfig, children, site)

    @contextmanager
    def administration(self) -> Iterator[Admin]:
        """Give the lab's own access to the API server."""
        admin = _admin(self._site, self._children)
        try:
            yield admin
        finally:
            admin.close()

    def stop(self) -> None:
        """End the processes and drop the data; a second call does nothing."""
        self._children.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ended(self) -> str | None:
        """Say which process has ended by itself before all was ready; None afterwards."""
        return self._children.ended()


def data_folder(state_dir: Path, name: str) -> Path:
    """Return where the control plane of a cluster keeps keys, logs and data."""
    return state_dir.resolve() / "clusters" / name


def definitions_folder() -> Path:
    """Return the folder of the custom resource definitions, from PODSG_LAB_CRDS.

    Raises:
        LabError: The variable is unset or names no folder.
    """
    value = os.environ.get("PODSG_LAB_CRDS", "")
    if value and Path(value).is_dir():
        return Path(value)
    raise LabError(
        f"PODSG_LAB_CRDS is {value!r}, which is not a folder.",
        why="the API server would not know SecurityGroupPolicy and CNINode.",
        fix="run `make lab`, which sets it, or point it to config/crd/bases of the controller's module.",
    )


def _make_site(folder: Path, token_review_url: str, settings: Settings) -> Site:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return Site(
        name=folder.name,
        folder=folder,
        ports=Ports(*free_ports(len(fields(Ports)))),
        certificates=make_certificates(folder, folder.name),
        admin_token=secrets.token_urlsafe(32),
        controller_token=secrets.token_urlsafe(32),
        token_review_url=token_review_url,
        settings=settings,
    )


def _authority(site: Site) -> str:
    return base64.b64encode(site.certificates.authority.read_bytes()).decode()


def _admin(site: Site, children: Children) -> Admin:
    return Admin(site.endpoint, site.certificates.authority, site.admin_token, children.ended)


def _start(site: Site, children: Children, definitions: Path) -> None:
    for name, make in (("etcd", arguments.etcd), ("kube-apiserver", arguments.api_server)):
        children.start(Command(name, find_program(name), make(site)))
    admin = _admin(site, children)
    try:
        admin.wait_ready()
        name = "kube-controller-manager"
        children.start(Command(name, find_program(name), arguments.controller_manager(site)))
        if (plane := site.settings.data_plane) is None:
            admin.apply_definitions(definitions)
        else:
            _start_data_plane(site, plane, children, admin, definitions)
        admin.wait_default_service_account()
    finally:
        admin.close()


def _start_data_plane(
    site: Site, plane: DataPlane, children: Children, admin: Admin, definitions: Path
) -> None:
    """Start what nodes and pods need; the controller ends at once without its definitions and rights."""
    children.start(data_plane.scheduler(site))
    children.start(data_plane.kwok(site))
    webhook_url = f"https://127.0.0.1:{site.ports.webhook}"
    resource_controller.install(admin, definitions, webhook_url, _authority(site))
    admin.apply_definitions(definitions)
    children.start(data_plane.controller(site, plane))
    children.start(data_plane.node_agent(site, plane))
    admin.wait("the VPC Resource Controller to be healthy", data_plane.controller_health(site))
