"""Dynamic resources run in the lab as they do with the engine's own distribution."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lab.session import DYNAMIC_LAUNCHER

from .conftest import Lab

MODULE = """
from pathlib import Path
from pulumi import dynamic

class NoteProvider(dynamic.ResourceProvider):
    serialize_as_secret_always = False
    def create(self, props):
        Path(props["path"]).write_text("made")
        return dynamic.CreateResult("note-1", dict(props))
    def delete(self, id_, props):
        Path(props["path"]).write_text(f"deleted {id_}")

class Note(dynamic.Resource, module="podsg", name="Note"):
    def __init__(self, name, path):
        super().__init__(NoteProvider(), name, {"path": path})
"""


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """A module that is on the import path of every process, as an installed one is."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "lab_note.py").write_text(MODULE)
    return tmp_path / "note"


def test_a_class_of_an_installed_module_is_found(lab: Lab, note: Path) -> None:
    # given: a program with one dynamic resource
    folder = lab.project.parent / "noted"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: noted\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(f"from lab_note import Note\nNote('one', {str(note)!r})\n")
    path = os.pathsep.join([str(note.parent / "modules"), os.environ.get("PYTHONPATH", "")])
    arguments = ("--project", str(folder), "--format", "json")

    # when: it is created and destroyed; then: the class has done both
    up = lab.run("up", *arguments, PYTHONPATH=path)
    assert (up.returncode, note.read_text()) == (0, "made"), up.stderr
    destroy = lab.run("destroy", *arguments, PYTHONPATH=path)
    assert (destroy.returncode, note.read_text()) == (0, "deleted note-1"), destroy.stderr
    assert json.loads(destroy.stdout)["changes"] == {"delete": 2}


def test_the_launcher_starts_the_sdk_of_this_environment(lab: Lab) -> None:
    text = (lab.state / "bin" / DYNAMIC_LAUNCHER).read_text()
    assert "-m pulumi.dynamic" in text
    assert "PYTHONPATH" not in text
