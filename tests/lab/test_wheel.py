"""The wheel alone carries a stack of other people: a program in a sub-folder of their own repository."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from lab.paths import CHECKOUT
from tests.lab.conftest import Lab

WHEELS = CHECKOUT / "dist"
PROGRAM = """
import podsg
import pulumi
import pulumi_aws as aws
from podsg.resources import Database, Network

network = Network("shop-network", {"spec": {"cidr": "10.70.0.0/20", "zone_count": 2}})
group = aws.ec2.SecurityGroup("shop-orders", description="Orders of the shop", vpc_id=network.vpc_id)
database = Database(
    "shop-orders",
    {
        "spec": {
            "engine": "mysql",
            "version": "8.4",
            "instance_class": "db.t4g.micro",
            "deletion_protection": False,
            "final_snapshot": False,
        },
        "subnet_ids": network.private_subnet_ids,
        "security_group_id": group.id,
    },
)
pulumi.export("podsg", podsg.__file__)
pulumi.export("endpoint", database.endpoint)
"""
DRIVER = """
import json, runpy, sys
from pulumi import automation

stack = automation.create_or_select_stack(
    stack_name="test",
    project_name="shop",
    program=lambda: runpy.run_path("__main__.py", run_name="__main__"),
    opts=automation.LocalWorkspaceOptions(work_dir="."),
)
result = getattr(stack, sys.argv[1])()
outputs = {name: value.value for name, value in stack.outputs().items()}
print(json.dumps({"changes": result.summary.resource_changes, "outputs": outputs}))
"""


@pytest.fixture(scope="session")
def wheel() -> Path:
    (found,) = WHEELS.glob("podsg-*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the wheel by pip, and what the wheel requires from this environment."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel]
    subprocess.run(command, check=True)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    # After its own packages; the link to the checkout in there is not followed.
    (packages / "required.pth").write_text("\n".join(site.getsitepackages()))
    return python


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    # Given the wheel, when one looks into it, then there is the typed package and its description.
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"podsg"}
    assert "podsg/py.typed" in names
    assert "podsg/resources/environment.py" in names


def test_a_stack_of_another_repository_works_from_the_wheel(
    lab: Lab, installed: Path, tmp_path: Path
) -> None:
    # given a program in a sub-folder of another Git repository
    folder = tmp_path / "shop" / "infra" / "network"
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", tmp_path / "shop"], check=True)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.test.yaml").write_text("config:\n  aws:region: us-west-2\n")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "drive.py").write_text(DRIVER)

    def drive(operation: str) -> dict[str, dict[str, object]]:
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "podsg"),
                "lab",
                "exec",
                "--",
                installed,
                "drive.py",
                operation,
            ],
            cwd=folder,
            env={**os.environ, "PODSG_LAB_STATE": str(lab.state)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, dict[str, object]] = json.loads(done.stdout.splitlines()[-1])
        return found

    before = lab.json("status")["total"]

    # when it comes up twice with the installed wheel, then the second time changes nothing
    first, second = drive("up"), drive("up")
    assert str(first["outputs"]["podsg"]).startswith(str(installed.parent.parent))
    assert str(first["outputs"]["endpoint"]).startswith("shop-orders.")
    assert set(second["changes"]) == {"same"}

    # and a destroy leaves nothing
    drive("destroy")
    assert lab.json("status")["total"] == before
