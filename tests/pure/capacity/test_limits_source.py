"""The generator of the limits table, on sources of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import LabError
from tools import instance_limits
from tools.instance_limits import SourceError, read_limits

HEAD = "// This file was generated at 2026-01-01T00:00:00Z\n\nvar Limits = map[string]*VPCLimits{\n"
ENTRY = """\t"{name}": {{
\t\tInterface:               3,
\t\tIPv4PerInterface:        10,
\t\tIsTrunkingCompatible:    {compatible},
\t\tBranchInterface:         {branches},
\t\tNetworkCards: []NetworkCard{{
\t\t\t{{
\t\t\t\tMaximumNetworkInterfaces: 3,
\t\t\t}},
\t\t}},
\t}},
"""


def entry(name: str = "m5.large", compatible: str = "true", branches: str = "9") -> str:
    return ENTRY.format(name=name, compatible=compatible, branches=branches)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The source of a module with two types; the table goes to a file of its own."""
    folder = tmp_path / "controller@v9.9.9"
    path = folder / instance_limits.SOURCE
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + entry() + entry("t3.large", "false", "0") + "}\n", encoding="utf-8")
    monkeypatch.setattr(instance_limits, "ROOT", tmp_path)
    monkeypatch.setattr(instance_limits, "TARGET", tmp_path / "_limits_data.py")
    monkeypatch.setattr(instance_limits, "controller_source", lambda _: folder)
    return path


def test_a_table_that_differs_is_refused_and_written_anew(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given no table, when checked, then it is refused with the command that helps
    assert instance_limits.main(["--check"]) == 1
    assert "Fix: python tools/instance_limits.py" in capsys.readouterr().err

    # when written, then it passes and holds version and rows
    assert instance_limits.main([]) == 0
    assert instance_limits.main(["--check"]) == 0
    text = (source.parents[4] / "_limits_data.py").read_text(encoding="utf-8")
    assert 'VERSION = "v9.9.9"' in text
    assert '"""\n3 10 0 t3.large\n3 10 9 m5.large\n"""' in text


def test_a_source_that_cannot_be_fetched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given no way to the module
    def refuse(report: object) -> Path:
        raise LabError("fetching failed.", why="no network.", fix="connect.")

    monkeypatch.setattr(instance_limits, "controller_source", refuse)

    # when checked, then it says so
    assert instance_limits.main(["--check"]) == 1
    assert "fetching failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 entries"),
        (entry() + entry("c5.LARGE"), "1 entries read of 2"),
        (entry(branches="many"), "m5.large: invalid literal"),
        (entry(compatible="maybe"), "m5.large: 'maybe'"),
        (entry(compatible="false"), "trunking compatible False, 9 branch interfaces"),
    ],
    ids=["nothing", "another name", "no count", "no truth value", "a contradiction"],
)
def test_a_source_of_another_shape_is_refused(text: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        read_limits(HEAD + text)
