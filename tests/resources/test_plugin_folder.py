"""The folder that the engine installs and runs as a plugin."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

import pulumi
import yaml

from podsg import resources

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "components"


def pins(path: Path) -> set[str]:
    return {line for line in path.read_text().splitlines() if "==" in line}


def name_of(requirement: str) -> str:
    found = re.match("[A-Za-z0-9-]+", requirement)
    assert found
    return found[0].lower()


def test_the_pins_are_those_of_the_lock() -> None:
    # given what the plugin installs, when compared with what everybody installs, then no version is another
    assert pins(PLUGIN / "requirements.txt") <= pins(ROOT / "requirements.txt")


def test_every_dependency_is_pinned() -> None:
    # given what the package needs, when looked up, then the plugin's folder pins each
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {name_of(requirement) for requirement in project["dependencies"]}
    assert needed <= {name_of(pin) for pin in pins(PLUGIN / "requirements.txt")}


def test_the_plugin_is_run_in_an_environment_of_its_own() -> None:
    # given the manifest, when read, then it names what the engine's installer makes
    # Source: pulumi/pulumi, pull requests 18371 and 19198 (a folder with a pyproject.toml is run otherwise).
    runtime = yaml.safe_load((PLUGIN / "PulumiPlugin.yaml").read_text())["runtime"]
    assert runtime == {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}
    assert not (PLUGIN / "pyproject.toml").exists()


def test_every_component_is_served() -> None:
    # given the list of the entry point, when compared with what programs import, then none is left out
    served = runpy.run_path(str(PLUGIN / "__main__.py"), run_name="plugin")["COMPONENTS"]
    classes = [found for name in resources.__all__ if isinstance(found := getattr(resources, name), type)]
    public = {found for found in classes if issubclass(found, pulumi.ComponentResource)}
    assert set(served) == public
