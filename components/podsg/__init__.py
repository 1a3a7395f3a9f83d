"""Security Groups for Pods on Amazon EKS, as Pulumi components."""

__version__ = "0.1.0"
