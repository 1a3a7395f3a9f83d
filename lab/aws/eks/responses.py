"""EKS on the wire: each action of the table is one function; the rest stays moto's (Fargate profiles)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.eks.models import eks_backends
from moto.eks.responses import EKSResponse

from lab.aws.eks import (
    access,
    addons,
    cluster_updates,
    clusters,
    nodegroups,
    pod_identity,
    tags,
    updates,
    versions,
)
from lab.aws.eks.backend import LabEKSBackend
from lab.aws.eks.state import Description, EksRequest

Operation = Callable[[EksRequest], Description]

OPERATIONS: dict[str, Operation] = {
    "CreateCluster": clusters.create,
    "DescribeCluster": clusters.describe,
    "ListClusters": clusters.list_names,
    "DeleteCluster": clusters.delete,
    "UpdateClusterConfig": cluster_updates.update_config,
    "UpdateClusterVersion": cluster_updates.update_version,
    "DescribeUpdate": updates.describe,
    "ListUpdates": updates.list_ids,
    "DescribeClusterVersions": versions.describe,
    "CreateNodegroup": nodegroups.create,
    "DescribeNodegroup": nodegroups.describe,
    "ListNodegroups": nodegroups.list_names,
    "DeleteNodegroup": nodegroups.delete,
    "UpdateNodegroupConfig": nodegroups.update_config,
    "UpdateNodegroupVersion": nodegroups.update_version,
    "CreateAddon": addons.create,
    "DescribeAddon": addons.describe,
    "ListAddons": addons.list_names,
    "UpdateAddon": addons.update,
    "DeleteAddon": addons.delete,
    "DescribeAddonVersions": addons.describe_versions,
    "DescribeAddonConfiguration": addons.describe_configuration,
    "CreateAccessEntry": access.create,
    "DescribeAccessEntry": access.describe,
    "ListAccessEntries": access.list_arns,
    "UpdateAccessEntry": access.update,
    "DeleteAccessEntry": access.delete,
    "ListAccessPolicies": access.list_policies,
    "AssociateAccessPolicy": access.associate,
    "DisassociateAccessPolicy": access.disassociate,
    "ListAssociatedAccessPolicies": access.list_associated,
    "CreatePodIdentityAssociation": pod_identity.create,
    "DescribePodIdentityAssociation": pod_identity.describe,
    "ListPodIdentityAssociations": pod_identity.list_summaries,
    "UpdatePodIdentityAssociation": pod_identity.update,
    "DeletePodIdentityAssociation": pod_identity.delete,
    "TagResource": tags.tag,
    "UntagResource": tags.untag,
    "ListTagsForResource": tags.list_tags,
}


class LabEKSResponse(EKSResponse):
    """Dispatch to the table; parameters are parsed by botocore's model."""

    def __init__(self) -> None:
        """Turn moto's parsing on; its own methods read the same parameters."""
        super().__init__()
        self.automated_parameter_parsing = True

    def serve(self, action: str) -> ActionResult:
        """Run one action; a create call repeated with its client token gets the first answer again."""
        backend = eks_backends[self.current_account][self.region]
        if not isinstance(backend, LabEKSBackend):
            raise TypeError("lab.aws.eks.install has to run before the first request")
        parameters = {**self.uri_match, **self.params}
        request = EksRequest(backend, parameters, self.access_key, self._server_port())
        token = parameters.get("clientRequestToken") if action.startswith("Create") else None
        if token and (action, token) in backend.answers:
            return ActionResult(backend.answers[action, token])
        answer = OPERATIONS[action](request)
        if token:
            backend.answers[action, token] = answer
        return ActionResult(answer)

    def _server_port(self) -> int:
        return int(self.normalized_request.environ["SERVER_PORT"])


def _method(action: str) -> Callable[[LabEKSResponse], Any]:
    def run(response: LabEKSResponse) -> ActionResult:
        return response.serve(action)

    return run


for _action in OPERATIONS:
    setattr(LabEKSResponse, camelcase_to_underscores(_action), _method(_action))
