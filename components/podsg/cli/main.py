"""Entry of the command line `podsg`; needs the extra `cli`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

try:
    import typer
except ModuleNotFoundError as missing:  # pragma: no cover - exercised by an install without the extra
    sys.exit(f"podsg: the command line needs {missing.name}.\n  Fix: pip install 'podsg[cli]'")

from podsg import __version__
from podsg.cli import enis
from podsg.cli.check import check

PACKAGE = Path(__file__).resolve().parent.parent


def checkout_with_lab(folder: Path) -> Path | None:
    """Return the nearest folder, from `folder` upwards, that is a checkout of this project with its lab.

    Elsewhere it is the checkout that this package is linked from; None if it was installed from a wheel.
    """
    for candidate in (folder, *folder.parents, *PACKAGE.parents):
        if (candidate / "lab" / "cli.py").is_file() and (candidate / "components" / "podsg").is_dir():
            return candidate
    return None


def build_app(folder: Path) -> typer.Typer:
    """Return the command line; `podsg lab` is there when `folder` lies in a checkout that has the lab."""
    app = typer.Typer(
        name="podsg",
        help="Security Groups for Pods on Amazon EKS, as Pulumi components.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(invoke_without_command=True)
    def options(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
        if version:
            typer.echo(__version__)
            raise typer.Exit

    app.command("check")(check)
    app.add_typer(enis.app, name="enis")
    checkout = checkout_with_lab(folder)
    if checkout is not None:
        if str(checkout) not in sys.path:
            sys.path.insert(0, str(checkout))
        app.add_typer(importlib.import_module("lab.cli").app, name="lab")
    return app


def main() -> None:
    """Run the command line."""
    build_app(Path.cwd())()
