"""Kubernetes manifests, such as Helm and Kustomize make them, as a snapshot; reads files and nothing else."""

from podsg.manifests.document import Document, Read
from podsg.manifests.snapshot import snapshot_of

__all__ = ["Document", "Read", "snapshot_of"]
