"""What a workload needs to read the secrets of its databases."""

import json
from collections.abc import Iterable
from typing import Optional

ACTIONS = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")


def read_secrets_policy(secret_arns: Iterable[str]) -> Optional[str]:
    """Write the IAM policy that lets its holder read some secrets and nothing else.

    It holds for secrets under the key that AWS manages, as those of RDS are; a key of one's own would need
    `kms:Decrypt` besides.

    Args:
        secret_arns: ARNs of the secrets.

    Returns: The policy as JSON; None without secrets, as IAM takes no policy without resources.

    Source: Secrets Manager user guide, "Permission to retrieve secret values".

    Example:
        >>> read_secrets_policy(["arn:b", "arn:a"]).split("Resource")[1]
        '": ["arn:a", "arn:b"]}]}'
        >>> read_secrets_policy([]) is None
        True
    """
    resources = sorted(set(secret_arns))
    if not resources:
        return None
    statement = {"Effect": "Allow", "Action": list(ACTIONS), "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
