"""Whether the Kubernetes API can be reached from here, before anything is asked of it."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Optional

import pulumi

TIMEOUT_SECONDS = 15
# Both ways to an API that cannot be reached: of a cluster made here, and of one that exists already.
OWN_CLUSTER = (
    "either name the public network that you run from in cluster.endpoint_access.public_cidrs, such as "
    "203.0.113.7/32,\n"
    "       or run from a network that reaches the VPC, named in cluster.endpoint_access.private_cidrs."
)
EXISTING_CLUSTER = (
    "either let its owner add the public network that you run from to its public access CIDRs,\n"
    "       or run from a network that reaches its VPC."
)


def when_reachable(
    kubeconfig: pulumi.Output[str],
    component: pulumi.Resource,
    after: Sequence[pulumi.Resource],
    ways_out: str,
) -> pulumi.Output[str]:
    """Return a kubeconfig as soon as its API was reached.

    The Kubernetes provider takes an API that it cannot reach for an empty cluster, and says so once for each
    object. Here it is one error, or in a preview one warning.

    Args:
        kubeconfig: Kubeconfig of the cluster.
        component: Environment that a warning is shown at.
        after: What has to be there before the API is asked.
        ways_out: What to do if it cannot be reached.
    """
    return pulumi.Output.all(kubeconfig, *(resource.urn for resource in after)).apply(
        lambda found: _reached(found[0], component, ways_out)
    )


def _reached(kubeconfig: str, component: pulumi.Resource, ways_out: str) -> str:
    config = json.loads(kubeconfig)
    cluster = config["clusters"][0]["cluster"]
    problem = problem_of(cluster["server"], cluster["certificate-authority-data"])
    if problem is None:
        return kubeconfig
    text = (
        f"{config['current-context']}: the Kubernetes API at {cluster['server']} cannot be reached "
        f"from here ({problem}).\n"
        "  Why: namespaces and policies are made through it; nothing of them was changed.\n"
        f"  Fix: {ways_out}\n"
        '  See: EKS user guide, "Cluster API server endpoint"'
    )
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(text)
    pulumi.log.warn(text, component)
    return kubeconfig


def problem_of(endpoint: str, certificate_authority_data: str) -> Optional[str]:
    """Say why an API cannot be reached; None if it answers, whatever the answer is.

    Args:
        endpoint: URL of the Kubernetes API.
        certificate_authority_data: Certificate of its authority, base64.
    """
    try:
        context = ssl.create_default_context(
            cadata=base64.b64decode(certificate_authority_data).decode("ascii")
        )
        # The authority of an EKS cluster may lack the key identifier that newer versions of ssl demand.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        # The endpoint is what EKS tells: always https.
        with urllib.request.urlopen(  # noqa: S310
            f"{endpoint}/version", timeout=TIMEOUT_SECONDS, context=context
        ):
            return None
    except urllib.error.HTTPError:
        return None
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", None) or error)
