"""Write one page per guardrail, and the table of all, from their records and the scenes of their tests.

Usage: python tools/guardrail_pages.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "components")]

from podsg.guardrails import GUARDRAILS, Guardrail, Verdict, judge  # noqa: E402 - the checkout's own package
from podsg.guardrails.waivers import EXPIRED, UNMATCHED  # noqa: E402 - as above
from tests.pure.guardrails.case import Case, Kind  # noqa: E402 - as above
from tests.pure.guardrails.test_cases import CASES  # noqa: E402 - as above

FOLDER = ROOT / "docs" / "guardrails"
COMMAND = "python tools/guardrail_pages.py"
NOTICE = f"<!-- Generated from components/podsg/guardrails by `{COMMAND}`. Do not edit. -->\n"
HEADINGS = {
    Kind.PASSES: "Passes",
    Kind.UNDECIDED: "Cannot be decided",
    Kind.NOT_APPLICABLE: "Does not apply",
}


def pages() -> dict[Path, str]:
    """Return the text of each page by its path."""
    everything = (*GUARDRAILS, EXPIRED, UNMATCHED)
    found = {ROOT / one.page: "\n".join(_page(one)) for one in everything}
    return {**found, FOLDER / "README.md": "\n".join(_index(everything))}


def _page(guardrail: Guardrail) -> Iterator[str]:
    yield from (NOTICE, f"# {guardrail.id}", "", f"{guardrail.title}.", "")
    yield f"- **Severity**: {guardrail.severity.value}"
    yield f"- **Enforcing modes**: {', '.join(guardrail.modes)}"
    if guardrail.needs:
        yield f"- **Looks at**: {', '.join(each.replace('_', ' ') for each in guardrail.needs)}"
    yield f"- **Source**: {guardrail.source}"
    yield from ("", "## Why", "")
    yield f"{guardrail.condition}: {guardrail.consequence}."
    if guardrail.contradiction:
        yield from ("", f"Sources contradict each other here: {guardrail.contradiction}.")
    cases = [case for case in CASES if case.guardrail == guardrail.id]
    failing = [case for case in cases if case.kind is Kind.FAILS]
    if failing:
        yield from ("", "## Found", "")
    for case in failing:
        yield from (f"- {_sentence(case)}", "", *_message(case), "")
    for kind, heading in HEADINGS.items():
        others = [case for case in cases if case.kind is kind]
        if others:
            yield from (f"## {heading}", "", *(f"- {_sentence(case)}" for case in others), "")
    yield from (
        "## Leave it standing for a while",
        "",
        "In the stack file, with the object as the message shows it:",
        "",
    )
    yield from ("```yaml", "waivers:", f"  - guardrail: {guardrail.id}", "    subject: the object")
    yield from ("    reason: why it may stay", '    until: "2026-12-31"', "```", "")


def _sentence(case: Case) -> str:
    return f"{case.title[0].upper()}{case.title[1:]}."


def _message(case: Case) -> Iterator[str]:
    (guardrail,) = (one for one in GUARDRAILS if one.id == case.guardrail)
    found = [one for one in judge(case.scene, [guardrail]) if one.verdict is Verdict.FAILED]
    yield "  ```text"
    yield from (f"  {line}" for line in str(found[0]).splitlines())
    yield "  ```"


def _index(guardrails: tuple[Guardrail, ...]) -> Iterator[str]:
    yield from (NOTICE, "# Guardrails", "")
    yield (
        "Best practices of security groups for pods, checked before anything is built. "
        "An error breaks pods and stops a preview; a warning is shown at the resource."
    )
    yield from ("", "| Guardrail | Severity | Modes | What should be |", "|---|---|---|---|")
    for one in guardrails:
        modes = ", ".join(one.modes)
        yield f"| [{one.id}]({one.id}.md) | {one.severity.value} | {modes} | {one.title} |"
    yield ""


def main() -> int:
    """Write the pages, or say which differ."""
    parser = argparse.ArgumentParser(description="Write the pages of the guardrails.")
    parser.add_argument("--check", action="store_true", help="say which pages differ, and write nothing")
    is_check = parser.parse_args().check
    wanted = pages()
    there = {path: path.read_text() for path in FOLDER.glob("*.md")}
    differ = sorted(path for path in {*wanted, *there} if wanted.get(path) != there.get(path))
    if is_check:
        for path in differ:
            print(f"{path.relative_to(ROOT)} differs from its source. Fix: {COMMAND}")
        return bool(differ)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in differ:
        if path in wanted:
            path.write_text(wanted[path])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
