"""Scenes for guardrails about: what has to be there before what, and so is destroyed after it."""

from __future__ import annotations

from .case import Case, Kind

CASES: tuple[Case, ...] = ()
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
