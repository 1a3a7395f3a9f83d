"""Tests of the components: what a program registers, against mocks of AWS and Kubernetes."""
