"""How long log groups keep their events."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from podsg.model.addresses import refused
from podsg.model.wording import joined

# Source: CloudWatch Logs API, PutRetentionPolicy, retentionInDays.
_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


def _offered(days: int) -> int:
    if days not in _DAYS:
        raise refused(joined(_DAYS))
    return days


RetentionDays = Annotated[
    int,
    AfterValidator(_offered),
    Field(json_schema_extra={"enum": list(_DAYS), "minimum": _DAYS[0], "maximum": _DAYS[-1]}),
]
