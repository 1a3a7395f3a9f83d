"""Launch templates of managed node groups: which ones EKS takes.

Source: EKS user guide, "Customize managed nodes with launch templates" (settings prohibited in a launch
template); EKS API reference, LaunchTemplateSpecification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends

from lab.aws.eks.errors import InvalidParameterError, InvalidRequestError

if TYPE_CHECKING:
    from lab.aws.eks.state import Description, EksRequest

NAMED_VERSIONS = {"$Latest": "latest_version_number", "$Default": "default_version_number"}


def find(request: EksRequest) -> tuple[Description | None, dict[str, Any]]:
    """Look the request's launch template up and check it.

    Returns:
        Its id, name and version number as the node group shows them, and the template's data; None and
        nothing if the request names no template.
    """
    wanted = request.get("launchTemplate")
    if not wanted:
        return None, {}
    if request.get("diskSize") is not None:
        raise InvalidParameterError("Disk size must be specified within the launch template.")
    if request.get("remoteAccess") is not None:
        raise InvalidParameterError("Remote access configuration cannot be specified with a launch template.")
    template = _template(request, wanted)
    version = str(wanted.get("version") or "$Default")
    if version in NAMED_VERSIONS:
        version = str(getattr(template, NAMED_VERSIONS[version]))
    if not version.isdigit() or not 1 <= int(version) <= template.latest_version_number:
        latest = template.latest_version_number
        raise InvalidRequestError(
            f"Launch template {template.name} has no version {version}; latest: {latest}."
        )
    data: dict[str, Any] = template.versions[int(version) - 1].data
    _check(request, data)
    return {"id": template.id, "name": template.name, "version": version}, data


def _template(request: EksRequest, wanted: Description) -> Any:
    if ("id" in wanted) == ("name" in wanted):
        raise InvalidParameterError("A launch template takes either its id or its name.")
    backend = ec2_backends[request.backend.account_id][request.backend.region_name]
    try:
        if "id" in wanted:
            return backend.get_launch_template(wanted["id"])
        return backend.get_launch_template_by_name(wanted["name"])
    except EC2ClientError as error:
        name = wanted.get("id") or wanted.get("name")
        raise InvalidRequestError(f"Launch template {name} was not found.") from error


def _check(request: EksRequest, data: dict[str, Any]) -> None:
    if data.get("IamInstanceProfile"):
        raise InvalidRequestError(
            "Launch template should not specify an instance profile. The noderole in your request will be "
            "used to construct an instance profile."
        )
    if any(each.get("SubnetId") for each in data.get("NetworkInterfaces", [])):
        raise InvalidRequestError("Launch template should not specify subnets.")
    if data.get("InstanceMarketOptions"):
        raise InvalidRequestError("Launch template should not specify market options.")
    if data.get("InstanceType") and request.get("instanceTypes"):
        raise InvalidParameterError("Instance types are in the launch template and in the request.")
    if data.get("ImageId") and request.get("amiType"):
        raise InvalidParameterError("An image is in the launch template, so amiType must not be specified.")
