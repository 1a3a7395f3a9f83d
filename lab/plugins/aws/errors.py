"""Errors of AWS calls, in the words of the provider."""

from __future__ import annotations

from collections.abc import Collection

from botocore.exceptions import ClientError

from lab.plugins.interface import PluginError


class AwsError(PluginError):
    """AWS refused a call; decide by `code`, never by the text.

    Args:
        code: Error code, `DependencyViolation`.
        reason: The service's sentence.
        text: Whole message.
    """

    def __init__(self, code: str, reason: str, text: str) -> None:
        super().__init__(text)
        self.code, self.reason = code, reason

    @classmethod
    def of(cls, error: ClientError, service: str) -> AwsError:
        """Take what boto3 raised; `service` is the service id, as the SDK for Go writes it."""
        found, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        code, reason = str(found.get("Code", "Unknown")), str(found.get("Message", ""))
        text = (
            f"operation error {service}: {error.operation_name}, https response error "
            f"StatusCode: {metadata.get('HTTPStatusCode', 0)}, RequestID: {metadata.get('RequestId', '')}, "
            f"api error {code}: {reason}"
        )
        return cls(code, reason, text)

    def matches(self, errors: Collection[str]) -> bool:
        """Say whether one of the errors is this one.

        Args:
            errors: Codes; `Code/text` asks for the text in the message too.
        """
        return any(
            self.code == code and text in self.reason
            for code, _, text in (item.partition("/") for item in errors)
        )

    def during(self, doing: str) -> AwsError:
        """Return the same error with what was being done in front."""
        return AwsError(self.code, self.reason, f"{doing}: {self}")


class WaitError(PluginError):
    """Something did not reach its state in time, or reached a final one that nobody wants."""


class CancelledError(PluginError):
    """The engine asked to stop."""
