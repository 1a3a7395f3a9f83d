"""Scenes for guardrails about: the cluster: its role, its version, its add-ons, and who makes its nodes."""

from __future__ import annotations

from .case import Case, Kind

CASES: tuple[Case, ...] = ()
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
