"""Thin shells over `podsg.lifecycle`: EC2 by boto3, Kubernetes by its client, gates as dynamic resources."""
