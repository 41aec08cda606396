#!/usr/bin/env python3
"""Lists EC2 instances."""

from collections import Counter

from aws_inventory import account, action, ec2

STATES = ["pending", "running", "shutting-down", "terminated", "stopping", "stopped"]


def work(params, client_for=None):
    states = params.get("states", ["running"])
    if not isinstance(states, list) or not set(states) <= set(STATES):
        raise action.ParameterError(f"`states` must be a list of {', '.join(STATES)}")
    filters = account.filters(params, states, "instance-state-name")

    def collect(client_for):
        found = ec2.instances(client_for("ec2"), filters)
        return {
            "instances": found,
            "count": len(found),
            "by_type": dict(Counter(instance["type"] for instance in found)),
        }

    return account.listing(params, collect, client_for)


if __name__ == "__main__":
    action.run(work)
