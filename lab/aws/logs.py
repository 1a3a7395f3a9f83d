"""Log groups as CloudWatch Logs keeps them."""

from __future__ import annotations

from typing import Any

import moto.logs.models
import moto.logs.urls
from moto.logs.models import LogsBackend


class LabLogsBackend(LogsBackend):
    """Forget with a log group what belongs to it."""

    @property
    def _url_module(self) -> Any:
        return moto.logs.urls

    def delete_log_group(self, log_group_name: str) -> None:
        """Delete a log group and its tags, so that a later one of this name begins without.

        Source: CloudWatch Logs API reference, DeleteLogGroup.
        """
        group = self.groups.get(log_group_name)
        super().delete_log_group(log_group_name)
        if group is not None:
            self.tagger.delete_all_tags_for_resource(group.arn)


def install() -> None:
    """Put the lab's class in place of moto's, before the first request."""
    backends = moto.logs.models.logs_backends
    backends.backend = LabLogsBackend
    backends.clear()
