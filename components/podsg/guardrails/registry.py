"""Every guardrail, in the order of its number."""

from __future__ import annotations

from typing import Final

from podsg.guardrails import addresses, changes, control_plane, nodes, order, pods, policies, traffic, vpc_cni
from podsg.guardrails.record import Guardrail

_FAMILIES: Final = (addresses, changes, control_plane, nodes, order, pods, policies, traffic, vpc_cni)
GUARDRAILS: Final[tuple[Guardrail, ...]] = tuple(
    sorted((one for family in _FAMILIES for one in family.GUARDRAILS), key=lambda one: one.number)
)
