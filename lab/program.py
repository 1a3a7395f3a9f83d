"""Run a program in this process as the engine's own language host runs it in one of its own."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def run_program(program: Path) -> None:
    """Run a program: its folder is the working directory and comes first on the import path.

    Modules that it imported from its folder are forgotten afterwards, because each run starts anew.

    Source: pulumi/pulumi `sdk/python/cmd/pulumi-language-python-exec`.
    """
    with _at_home(program.parent):
        runpy.run_path(str(program), run_name="__main__")


@contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    before, known = Path.cwd(), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        os.chdir(before)
        for name in set(sys.modules) - known:
            if _lies_in(folder, name):
                del sys.modules[name]


def _lies_in(folder: Path, module: str) -> bool:
    file = getattr(sys.modules[module], "__file__", None)
    if file is None or not Path(file).is_relative_to(folder):
        return False
    top = module.partition(".")[0]
    return Path(file).relative_to(folder).parts[0] in {top, f"{top}.py"}
