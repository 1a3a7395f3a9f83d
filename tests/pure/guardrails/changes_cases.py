"""Scenes for guardrails about: changes that running pods and nodes do not follow."""

from __future__ import annotations

from .case import Case, Kind

CASES: tuple[Case, ...] = ()
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
