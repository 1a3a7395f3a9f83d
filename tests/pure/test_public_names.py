"""The public face of the pure packages, and that they stay pure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import podsg.model
import podsg.model.exports


def test_exports_are_sorted_and_there() -> None:
    # given the export list, when compared with reality, then every name is there, once, in order
    names = podsg.model.exports.__all__
    assert names == sorted(set(names))
    assert [name for name in names if not hasattr(podsg.model, name)] == []


def test_nothing_public_is_left_out() -> None:
    # given the package, when its names are listed, then each class and function of it is exported
    public = {name for name in vars(podsg.model.exports) if not name.startswith("_")}
    assert public == set(podsg.model.exports.__all__)


def test_no_name_is_that_of_a_module() -> None:
    # given the names that are loaded when asked for, then no module of the package stands in their place
    folder = Path(podsg.model.__file__).parent
    modules = {path.stem for path in folder.iterdir()}
    assert not modules & set(podsg.model.exports.__all__)


def test_the_model_imports_only_pydantic() -> None:
    # given a new interpreter, when the model is imported
    code = "import sys, podsg.errors, podsg.model.exports; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    # then neither the engine nor AWS nor Kubernetes came along
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "pydantic" in loaded
    assert not loaded & {
        "pulumi",
        "pulumi_aws",
        "pulumi_kubernetes",
        "boto3",
        "botocore",
        "kubernetes",
        "yaml",
    }
