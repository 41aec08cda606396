"""Read-only listings of an AWS account."""
