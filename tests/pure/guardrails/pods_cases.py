"""Scenes for guardrails about: pods that do not get, or do not keep, the groups that a policy gives them."""

from __future__ import annotations

from .case import Case, Kind

CASES: tuple[Case, ...] = ()
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
