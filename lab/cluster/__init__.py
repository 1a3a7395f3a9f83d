"""The real Kubernetes control plane behind each EKS cluster of the lab."""
