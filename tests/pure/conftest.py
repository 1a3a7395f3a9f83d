"""What people may write: one environment that passes, new for each test."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.pure.environments import all_made_here

# A busy machine is no fault, and failures are shown, not kept in the checkout.
settings.register_profile("podsg", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("podsg")


@pytest.fixture
def written() -> dict[str, Any]:
    return all_made_here()
