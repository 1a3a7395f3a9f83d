"""The component that a resource belongs to: it gives the resource its parent, its name and its tags."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

import pulumi

from podsg.lifecycle.objects import OWNER_ANNOTATION
from podsg.lifecycle.tokens import OWNER_TAG

ENVIRONMENT_TAG = "podsg:environment"
# On everything in Kubernetes that the components make, beside the annotation of its owner: a label could not
# hold the slash.
KUBERNETES_LABELS = {"app.kubernetes.io/managed-by": "podsg"}


@dataclass(frozen=True)
class Owner:
    """Hold a component, its name, and the tags of everything that it makes."""

    component: pulumi.Resource
    name: str
    tags: Mapping[str, str]

    @classmethod
    def of(cls, component: pulumi.Resource, name: str, tags: Optional[Mapping[str, str]]) -> "Owner":
        """Add the owner tag, `<project>/<stack>`, which nobody can override, to the tags of a component.

        Args:
            component: The component.
            name: Its logical name.
            tags: Tags from its inputs; None counts as none.
        """
        return cls(
            component, name, {**(tags or {}), OWNER_TAG: f"{pulumi.get_project()}/{pulumi.get_stack()}"}
        )

    def child(self, role: str) -> str:
        """Return the logical name of the child with this role."""
        return f"{self.name}-{role}"

    def tagged(self, role: str = "") -> dict[str, str]:
        """Return the tags of the child with this role, or of what is the component itself in AWS."""
        return {**self.tags, "Name": self.child(role) if role else self.name}

    @property
    def annotations(self) -> dict[str, str]:
        """Return the annotations of what belongs to the component in Kubernetes."""
        return {OWNER_ANNOTATION: self.identity}

    @property
    def identity(self) -> str:
        """Return `<project>/<stack>`, as the owner tag says it."""
        return self.tags[OWNER_TAG]

    def options(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return the options of a child that waits for these resources."""
        return pulumi.ResourceOptions(parent=self.component, depends_on=list(depends_on))


def handed_on(own: pulumi.ResourceOptions, opts: Optional[pulumi.ResourceOptions]) -> pulumi.ResourceOptions:
    """Add what a component waits for to what one of its children waits for.

    The engine lets children wait for their parent, but records no dependency of theirs, so that a destroy
    would not know the order.

    Args:
        own: Options of the child.
        opts: Options that the component was made with.
    """
    if opts is None or opts.depends_on is None:
        return own
    return pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=opts.depends_on))
