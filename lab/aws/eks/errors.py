"""EKS's refusals: the codes of its API; moto's serializer adds the HTTP status from botocore's model."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class InvalidParameterError(ServiceException):
    """A parameter's value is not valid."""

    code = "InvalidParameterException"


class InvalidRequestError(ServiceException):
    """The request is not valid in the resource's present state."""

    code = "InvalidRequestException"


class ResourceInUseError(ServiceException):
    """The resource exists already, is being changed, or others depend on it."""

    code = "ResourceInUseException"


class ResourceNotFoundError(ServiceException):
    """Nothing has this name."""

    code = "ResourceNotFoundException"
