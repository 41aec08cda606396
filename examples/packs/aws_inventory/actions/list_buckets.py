#!/usr/bin/env python3
"""Lists S3 buckets and how they are protected."""

from aws_inventory import account, action, s3


def work(params, client_for=None):
    def collect(client_for):
        found = s3.buckets(client_for("s3"), str(params.get("prefix", "")))
        return {
            "buckets": found,
            "count": len(found),
            "with_findings": [bucket["name"] for bucket in found if bucket["findings"]],
        }

    return account.listing(params, collect, client_for)


if __name__ == "__main__":
    action.run(work)
