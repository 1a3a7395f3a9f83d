"""Scenes for guardrails about: nodes that can hold branch ENIs, and where they stand."""

from __future__ import annotations

from .case import Case, Kind

CASES: tuple[Case, ...] = ()
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
