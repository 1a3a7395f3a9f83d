"""How a gate calls AWS: like the AWS provider of its component, which it cannot see."""

from dataclasses import dataclass
from typing import Any, Optional

import pulumi

from podsg import __version__
from podsg.resources.location import Location


@dataclass(frozen=True)
class AwsAccess:
    """Hold region, expected account, and the profile or role of the stack's config."""

    region: pulumi.Input[str]
    account_id: pulumi.Input[str]
    profile: str = ""
    role_arn: str = ""

    @classmethod
    def of(cls, component: Optional[pulumi.Resource]) -> "AwsAccess":
        """Read region and account from the provider of a component, the rest from the stack's config.

        An explicit provider with another profile or role is found out at once: the account is compared
        before anything else is asked.

        Args:
            component: Component that the gates belong to; None for the default provider.

        Raises:
            RunError: The config names a chain of roles.
        """
        location = Location.of(component)
        config = pulumi.Config("aws")
        return cls(location.region, location.account_id, config.get("profile") or "", _role_arn(config))

    def inputs(self) -> dict[str, pulumi.Input[Any]]:
        """Return what each gate takes of it."""
        return {
            "region": self.region,
            "account_id": self.account_id,
            "profile": self.profile,
            "role_arn": self.role_arn,
            "podsg_version": __version__,
        }


def _role_arn(config: pulumi.Config) -> str:
    """Return the role that the stack's config assumes; empty if it assumes none."""
    roles = config.get_object("assumeRoles") or [config.get_object("assumeRole") or {}]
    if len(roles) > 1:
        raise pulumi.RunError(
            f"aws:assumeRoles: found a chain of {len(roles)} roles; allowed: one role\n"
            "  Why: the gates that end the life of branch ENIs assume one role.\n"
            "  Fix: name the last role of the chain in aws:assumeRoles, and the rest in the profile."
        )
    return str(roles[0].get("roleArn") or "")
