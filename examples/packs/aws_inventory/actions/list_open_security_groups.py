#!/usr/bin/env python3
"""Lists ingress rules that let the whole internet in."""

from aws_inventory import account, action, ec2


def work(params, client_for=None):
    def collect(client_for):
        rules = ec2.open_ingress(client_for("ec2"))
        if params.get("only_sensitive"):
            rules = [rule for rule in rules if rule["sensitive"]]
        return {
            "rules": rules,
            "count": len(rules),
            "groups": sorted({rule["group"] for rule in rules}),
        }

    return account.listing(params, collect, client_for)


if __name__ == "__main__":
    action.run(work)
