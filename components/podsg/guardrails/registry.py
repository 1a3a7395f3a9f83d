"""Every guardrail, in the order of its number."""

from __future__ import annotations

from typing import Final

from podsg.guardrails import changes, control_plane, policies, vpc_cni
from podsg.guardrails.record import Guardrail

_FAMILIES: Final = (changes, control_plane, policies, vpc_cni)
GUARDRAILS: Final[tuple[Guardrail, ...]] = tuple(
    sorted((one for family in _FAMILIES for one in family.GUARDRAILS), key=lambda one: one.number)
)
