"""The command line itself; what `podsg lab` does is shown in tests/lab."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from podsg import __version__
from podsg.cli.main import build_app, checkout_with_lab

CHECKOUT = Path(__file__).parents[2]


def test_version() -> None:
    done = CliRunner().invoke(build_app(CHECKOUT), ["--version"])

    assert (done.exit_code, done.stdout.strip()) == (0, __version__)


def test_help_teaches_the_lab_inside_a_checkout() -> None:
    done = CliRunner().invoke(build_app(CHECKOUT / "docs"), ["lab", "--help"])

    assert done.exit_code == 0
    assert [
        verb for verb in ("up", "preview", "refresh", "destroy", "down", "status") if verb not in done.stdout
    ] == []


@pytest.mark.parametrize("verb", ["up", "preview", "refresh", "destroy", "down", "status"])
def test_each_verb_takes_a_stack_and_a_format(verb: str) -> None:
    done = CliRunner().invoke(build_app(CHECKOUT), ["lab", verb, "--help"], env={"COLUMNS": "120"})

    assert done.exit_code == 0
    assert [option for option in ("--stack", "--format") if option not in done.stdout] == []


def test_elsewhere_the_checkout_that_the_package_is_linked_from_is_found(tmp_path: Path) -> None:
    assert checkout_with_lab(tmp_path) == CHECKOUT


def test_an_installed_package_has_no_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a package that was installed from a wheel, and a folder outside of any checkout
    monkeypatch.setattr("podsg.cli.main.PACKAGE", tmp_path / "site-packages" / "podsg")

    # when the lab is asked for
    done = CliRunner().invoke(build_app(tmp_path), ["lab"])

    # then that is a usage error
    assert done.exit_code == 2


@pytest.mark.parametrize("inner", [".", "lab", "components/podsg"])
def test_the_checkout_is_found_from_inside(inner: str) -> None:
    assert checkout_with_lab((CHECKOUT / inner).resolve()) == CHECKOUT
