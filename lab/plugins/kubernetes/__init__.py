"""The Kubernetes provider plugin of the lab.

Behaves as the published provider does where programs notice it. It is stricter in three ways: a field
that the API server does not know is an error and not dropped, an option or resource type that it does
not implement is an error and not ignored, and only the kubeconfig given to the provider is used.

Source of every rule, unless a docstring says otherwise: pulumi/pulumi-kubernetes at 4.32.0,
`provider/pkg`.
"""
