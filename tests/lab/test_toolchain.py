"""Set-up builds what is missing, once, and says clearly what it cannot do."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.toolchain import CONTROLLER, TOOL_SETS, build_tools, crd_folder, missing_tools

GO = """#!/bin/sh
case "$1" in
  version) echo "go version go{version} linux/amd64" ;;
  build) while [ "$1" != -o ]; do shift; done; echo built >>"{log}"; {build} ;;
  mod)
    mkdir -p "{module}/config/crd/bases"
    cp "{main}" "{module}/main.go"
    printf '{{"Dir": "%s"}}' "{module}" ;;
esac
"""
MAIN = 'webhook.Options{Port: 9443}\n":61779"\n'
BUILD = 'echo tool > "$2"; chmod +x "$2"'


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a PATH with a shell's own tools and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "mkdir", "chmod", "cp"):
        (folder / tool).symlink_to(f"/bin/{tool}")
    monkeypatch.setenv("PODSG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install_go(path: Path, version: str = "1.26.8", build: str = BUILD, main: str = MAIN) -> Path:
    """Put a `go` on PATH that plays a build; return the file where it writes a line per build."""
    log = path.parent / "builds"
    source = path.parent / "main.go"
    source.write_text(main)
    text = GO.format(version=version, build=build, log=log, module=path.parent / "module", main=source)
    (path / "go").write_text(text)
    (path / "go").chmod(0o755)
    return log


def test_without_go_it_says_what_to_install(path: Path) -> None:
    with pytest.raises(LabError, match=r"Go is not on PATH[\s\S]*Fix: install Go 1.26 or newer"):
        build_tools(print)


def test_an_old_go_is_named(path: Path) -> None:
    # given a Go of 2023
    install_go(path, version="1.20.14")

    # when tools are built, then both versions are in the message
    with pytest.raises(LabError, match=r"go1\.20\.14[\s\S]*install Go 1\.26"):
        build_tools(print)


def test_each_tool_is_built_once(path: Path) -> None:
    # given a Go that works
    log = install_go(path)
    said: list[str] = []

    # when set-up runs twice
    build_tools(said.append)
    build_tools(said.append)

    # then each tool was built once, with a line before and one with the time after
    names = [name for tool_set in TOOL_SETS for name in tool_set.tools]
    assert missing_tools() == []
    assert len(log.read_text().splitlines()) == len(names)
    assert [name for name in names if sum(f"building {name}" in line for line in said) != 2] == []


def test_a_failed_build_shows_the_compilers_words_and_is_tried_again(path: Path) -> None:
    # given a Go that cannot build
    log = install_go(path, build="echo 'no space left on device' >&2; exit 1")

    # when set-up runs
    with pytest.raises(LabError, match=r"building etcd failed after .* s:[\s\S]*no space left on device"):
        build_tools(print)

    # then nothing half-made counts as built, and the next run builds
    assert "etcd" in missing_tools()
    install_go(path)
    build_tools(print)
    assert len(log.read_text().splitlines()) > 1
    assert os.access(TOOL_SETS[0].folder / "etcd", os.X_OK)


@pytest.mark.parametrize("main", ["webhook.Options{Port: 9443}\n", MAIN + MAIN])
def test_a_controller_whose_ports_cannot_be_moved_is_not_built(path: Path, main: str) -> None:
    # given a version of the controller whose main.go is another than the edit was made for
    install_go(path, main=main)

    # when set-up runs, then it says what it looked for
    with pytest.raises(LabError, match=r"main\.go holds .* (0|2) times instead of once"):
        build_tools(print)
    assert "vpc-resource-controller" in missing_tools()


def test_a_changed_edit_is_built_anew(path: Path) -> None:
    # given another edit of the controller's source
    assert CONTROLLER.edit is not None
    edit = replace(CONTROLLER.edit, replacements={"a": "b"})

    # then its tools lie elsewhere, and the definitions lie beside the controller that they belong to
    assert replace(CONTROLLER, edit=edit).folder != CONTROLLER.folder
    assert CONTROLLER.folder.parent in crd_folder().parents
