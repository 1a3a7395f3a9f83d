"""Checks of the values of a database against its engine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podsg.model.database import AURORA, VERSIONS_ALLOWED, DatabaseSpec, is_aurora, version_fits
from podsg.model.finding import Finding, without_effect
from podsg.model.location import Location
from podsg.model.wording import joined, shown

_ONLY_INSTANCES = {
    "storage_gib": "nothing: the storage of Aurora grows by itself",
    "multi_az": "nothing: Aurora has instance_count",
}
# Source: Aurora user guide, "DB instance class types" (memory optimized and burstable), and "Supported DB
# engines for DB instance classes": of the burstable ones medium and large.
_AURORA_CLASS = re.compile(r"db\.((r[5-9]|x[2-9])[a-z]*\.[a-z0-9-]+|t[3-9][a-z]*\.(medium|large))")


def database_findings(spec: DatabaseSpec, at: Location = ()) -> Iterator[Finding]:
    """Report what does not fit the engine of a database.

    Args:
        spec: The database.
        at: Where it stands in the input.
    """
    engine = (*at, "engine")
    if not version_fits(spec.engine, spec.version):
        version = (*at, "version")
        yield Finding(version, shown(spec.version), VERSIONS_ALLOWED[spec.engine], rests_on=(version, engine))
    if not spec.create_log_groups:
        yield from without_effect(spec, "log_retention_days", "create_log_groups", at)
    if is_aurora(spec.engine):
        yield from _aurora(spec, at)
    elif spec.instance_count is not None:
        place = (*at, "instance_count")
        yield Finding(
            place,
            str(spec.instance_count),
            f"nothing for engine {spec.engine}, which has multi_az; instance_count is for {joined(AURORA)}",
            rests_on=(place, engine),
        )


def _aurora(spec: DatabaseSpec, at: Location) -> Iterator[Finding]:
    for key, allowed in _ONLY_INSTANCES.items():
        value = getattr(spec, key)
        if value is not None:
            place = (*at, key)
            yield Finding(place, shown(value), allowed, rests_on=(place, (*at, "engine")))
    if not _AURORA_CLASS.fullmatch(spec.instance_class):
        place = (*at, "instance_class")
        yield Finding(
            place,
            shown(spec.instance_class),
            "a class that Aurora runs on, such as db.t4g.medium or db.r6g.large",
            rests_on=(place, (*at, "engine")),
        )
