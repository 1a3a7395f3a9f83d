"""The lab: real parts on loopback, so that nothing here needs an AWS account."""
