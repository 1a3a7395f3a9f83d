"""What every node of an EKS cluster does for itself: the kubelet's registration, and aws-node.

Everything else of a node, heartbeats and the phases of pods, is kwok's.
"""
