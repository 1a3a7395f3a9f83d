"""The report of everything that would break pods."""

from __future__ import annotations

from podsg.errors import GuardrailError


def test_all_findings_are_in_one_report() -> None:
    one, two = (GuardrailError(["a: b.\n  Why: c."] * count, "dev") for count in (1, 2))
    assert str(one) == "dev has 1 finding that breaks pods:\n  a: b.\n    Why: c."
    assert str(two).startswith("dev has 2 findings that break pods:\n  a: b.")
