"""Build the lab's real parts once, from pinned Go modules, into the cache folder.

A tool set is one Go module under `lab/tools`. Its place in the cache is keyed by its `go.mod`, its `go.sum`,
the build settings and the edits of sources, so that a second checkout finds the tools and a changed pin
rebuilds them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.errors import LabError
from lab.paths import TOOL_MODULES, cache_folder
from lab.source_edit import SourceEdit

GO_MINIMUM = (1, 26)
KUBERNETES_VERSION = "1.35.4"
PULUMI_VERSION = "3.246.0"
CONTROLLER_MODULE = "github.com/aws/amazon-vpc-resource-controller-k8s"
CONTROLLER_VERSION = "1.8.2"
WEBHOOK_PORT_VARIABLE = "PODSG_LAB_WEBHOOK_PORT"
HEALTH_PORT_VARIABLE = "PODSG_LAB_HEALTH_PORT"

Report = Callable[[str], None]


@dataclass(frozen=True)
class ToolSet:
    """Name the tools of one Go module: binary name to package, and the versions linked into them."""

    module: str
    tools: dict[str, str]
    link_values: dict[str, str] = field(default_factory=dict)
    edit: SourceEdit | None = None

    @property
    def linker_flags(self) -> str:
        """Return the `-ldflags` value: stripped, with the versions that a plain build would leave empty."""
        return " ".join(["-s -w", *(f"-X {key}={value}" for key, value in self.link_values.items())])

    @property
    def source(self) -> Path:
        """Return the folder of the Go module."""
        return TOOL_MODULES / self.module

    @property
    def folder(self) -> Path:
        """Return the folder of the built tools in the cache."""
        digest = hashlib.sha256(self.linker_flags.encode())
        for name in ("go.mod", "go.sum"):
            digest.update((self.source / name).read_bytes())
        if self.edit is not None:
            digest.update(self.edit.key(self.source))
        return cache_folder() / "tools" / f"{self.module}-{digest.hexdigest()[:16]}" / "bin"


# Two clusters of one lab have a controller each, and nothing of a lab listens beyond loopback: see
# docs/decisions/0007-one-controller-per-cluster.md.
CONTROLLER = ToolSet(
    "controller",
    {"vpc-resource-controller": "."},
    {f"{CONTROLLER_MODULE}/pkg/version.GitVersion": f"v{CONTROLLER_VERSION}"},
    SourceEdit(
        CONTROLLER_MODULE,
        "main.go",
        {
            "webhook.Options{Port: 9443}": (
                f'webhook.Options{{Host: listenHost, Port: listenPort("{WEBHOOK_PORT_VARIABLE}")}}'
            ),
            '":61779"': f'listenAddress("{HEALTH_PORT_VARIABLE}")',
        },
        added="listen.go",
    ),
)
TOOL_SETS = (
    ToolSet("etcd", {"etcd": "go.etcd.io/etcd/server/v3"}),
    ToolSet(
        "pulumi",
        {"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
        {"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{PULUMI_VERSION}"},
    ),
    ToolSet(
        "kubernetes",
        {
            "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
            "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
            "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
            "kubectl": "k8s.io/kubernetes/cmd/kubectl",
        },
        {
            "k8s.io/component-base/version.gitVersion": f"v{KUBERNETES_VERSION}",
            "k8s.io/component-base/version.gitMajor": KUBERNETES_VERSION.split(".", 2)[0],
            "k8s.io/component-base/version.gitMinor": KUBERNETES_VERSION.split(".", 2)[1],
        },
    ),
    ToolSet("kwok", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}),
    CONTROLLER,
)


def tool_folders() -> list[Path]:
    """Return the folders to put on PATH, built or not."""
    return [tool_set.folder for tool_set in TOOL_SETS]


def crd_folder() -> Path:
    """Return the folder with the custom resource definitions of the VPC Resource Controller.

    It is part of the controller's whole `config` folder, which lies beside the built controller.
    """
    return _controller_config() / "crd" / "bases"


def controller_source(report: Report) -> Path:
    """Return the folder of the VPC Resource Controller's Go module, fetched if need be.

    Raises:
        LabError: It cannot be fetched.
    """
    return _fetch(CONTROLLER, CONTROLLER_MODULE, report)


def _controller_config() -> Path:
    return CONTROLLER.folder.parent / "config"


def missing_tools() -> list[str]:
    """Return what `build_tools` would still have to make."""
    missing = [
        name
        for tool_set in TOOL_SETS
        for name in tool_set.tools
        if not os.access(tool_set.folder / name, os.X_OK)
    ]
    return missing if crd_folder().is_dir() else [*missing, "manifests of the VPC Resource Controller"]


def build_tools(report: Report) -> None:
    """Build every tool that the cache lacks, with the elapsed time of each.

    Args:
        report: Receives one line per step, and one every 30 seconds of a long one.

    Raises:
        LabError: Go is missing or too old, or a build fails.
    """
    if not missing_tools():
        return
    _check_go()
    with _only_one_builder(report):
        for tool_set in TOOL_SETS:
            for name, package in tool_set.tools.items():
                _build(tool_set, name, package, report)
        _copy_manifests(report)


def _check_go() -> None:
    fix = f"install Go {GO_MINIMUM[0]}.{GO_MINIMUM[1]} or newer (https://go.dev/dl) and put it on PATH."
    why = "the engine and the Kubernetes API server of the lab are built from their Go modules."
    if shutil.which("go") is None:
        raise LabError("Go is not on PATH.", why=why, fix=fix)
    # GOTOOLCHAIN is honoured: a Go that may fetch a newer toolchain for the module is new enough.
    version = subprocess.run(
        ["go", "version"],
        cwd=TOOL_MODULES / "etcd",
        env=_go_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    found = re.search(r"go(\d+)\.(\d+)", version.stdout)
    if found is None or (int(found[1]), int(found[2])) < GO_MINIMUM:
        text = (version.stdout or version.stderr).strip()
        raise LabError(f"Go is too old: `go version` says {text!r}.", why=why, fix=fix)


def _go_environment() -> dict[str, str]:
    go = cache_folder() / "go"
    return {
        **os.environ,
        "GOPATH": str(go),
        "GOMODCACHE": str(go / "mod"),
        "GOCACHE": str(go / "build"),
        "GOENV": "off",
        "XDG_CONFIG_HOME": str(go / "config"),  # where Go keeps its telemetry counters
        "GOWORK": "off",
        "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
        "CGO_ENABLED": "0",
    }


def _build(tool_set: ToolSet, name: str, package: str, report: Report) -> None:
    target = tool_set.folder / name
    if os.access(target, os.X_OK):
        return
    unfinished = target.with_suffix(".new")
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["go", "build", "-trimpath", "-ldflags", tool_set.linker_flags, "-o", str(unfinished)]
    with TemporaryDirectory() as drafts:
        if tool_set.edit is not None:
            module_folder = _fetch(tool_set, tool_set.edit.module, report)
            overlay = tool_set.edit.write(module_folder, tool_set.source, Path(drafts))
            command += ["-overlay", str(overlay)]
        _run_go([*command, package], tool_set.source, f"building {name}", report)
    unfinished.rename(target)


def _fetch(tool_set: ToolSet, module: str, report: Report) -> Path:
    """Return the folder of a module in the module cache."""
    command = ["go", "mod", "download", "-json", module]
    output = _run_go(command, tool_set.source, f"fetching {module}", report)
    return Path(json.loads(output)["Dir"])


def _run_go(command: list[str], folder: Path, what: str, report: Report) -> str:
    report(f"{what} …")
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=_go_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        while True:
            try:
                output, errors = process.communicate(timeout=30)
                break
            except subprocess.TimeoutExpired:
                report(f"{what} … {time.monotonic() - started:.0f} s")
    except BaseException:
        process.kill()
        raise
    if process.returncode != 0:
        tail = "\n    ".join((errors or output).strip().splitlines()[-15:])
        raise LabError(
            f"{what} failed after {time.monotonic() - started:.0f} s:\n    {tail}",
            why="the lab runs the real tool and has no stand-in for it.",
            fix="read the lines above: a refused module needs another GOPROXY, a full disk room.",
        )
    report(f"{what}: {time.monotonic() - started:.0f} s")
    return output


def _copy_manifests(report: Report) -> None:
    target = _controller_config()
    if target.is_dir():
        return
    unfinished = target.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(controller_source(report) / "config", unfinished)
    unfinished.rename(target)


@contextmanager
def _only_one_builder(report: Report) -> Iterator[None]:
    lock = cache_folder() / "tools" / ".lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("waiting for another set-up that builds the same tools …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
