"""Stand for the AWS provider: the same types, over boto3, against the lab's own AWS."""
