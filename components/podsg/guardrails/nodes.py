"""Nodes that can hold branch ENIs, and where they stand."""

from __future__ import annotations

from typing import Final

from podsg.guardrails.record import Guardrail

GUARDRAILS: Final[tuple[Guardrail, ...]] = ()
