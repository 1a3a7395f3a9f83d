"""Which engine version a modification leads to: never an older one, never another line unasked.

Source: RDS API reference, ModifyDBInstance and ModifyDBCluster (EngineVersion, AllowMajorVersionUpgrade).
"""

from __future__ import annotations

import re
from typing import Any

from moto.rds.exceptions import InvalidParameterCombination

from lab.aws.rds import engines


def check_upgrade(engine: str, present: str, parameters: Any) -> str:
    """Return the version after a change, in full, and put it into the parameters.

    Args:
        engine: Name of the engine.
        present: Full version now.
        parameters: The request's parameters; a version line without its minor means the present minor.

    Raises:
        InvalidParameterCombination: The version is unknown or older, or of another line without leave.
    """
    wanted = parameters.get("EngineVersion")
    if wanted is None:
        return present
    if present.startswith(f"{wanted}."):
        parameters["EngineVersion"] = present
        return present
    version = engines.resolve_version(engine, wanted)
    if version is None:
        raise InvalidParameterCombination(f"Cannot find version {wanted} for {engine}")
    if _numbers(version) < _numbers(present):
        raise InvalidParameterCombination(f"Cannot upgrade {engine} from {present} to {version}")
    parameters["EngineVersion"] = version
    other_line = engines.family(engine, version) != engines.family(engine, present)
    if other_line and not parameters.get("AllowMajorVersionUpgrade"):
        raise InvalidParameterCombination(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
        )
    return version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
