"""Scenes for guardrails about: flows that a pod with groups of its own needs, and settings that cut them."""

from __future__ import annotations

from .case import Case, Kind

CASES: tuple[Case, ...] = ()
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
