"""Scenes for guardrails about: room for branch ENIs: slots of nodes and addresses of subnets."""

from __future__ import annotations

from .case import Case, Kind

CASES: tuple[Case, ...] = ()
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
