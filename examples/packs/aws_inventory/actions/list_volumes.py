#!/usr/bin/env python3
"""Lists EBS volumes, or only those with something wrong about them."""

from aws_inventory import account, action, ec2


def work(params, client_for=None):
    filters = account.filters(params, [], "status")

    def collect(client_for):
        found = ec2.volumes(client_for("ec2"), filters)
        shown = [volume for volume in found if volume["findings"]] if params.get("only_findings") else found
        return {
            "volumes": shown,
            "count": len(shown),
            "total_gib": sum(volume["size_gib"] or 0 for volume in shown),
            "unattached_gib": sum(volume["size_gib"] or 0 for volume in shown if "unattached" in volume["findings"]),
        }

    return account.listing(params, collect, client_for)


if __name__ == "__main__":
    action.run(work)
