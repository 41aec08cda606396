#!/usr/bin/env python3
"""Carves subnets out of an address block."""

import ipaddress

from net_tools import action, cidr


def work(params):
    try:
        block = ipaddress.ip_network(action.required(params, "block"))
        taken = [ipaddress.ip_network(text) for text in params.get("taken", [])]
        result = cidr.plan(block, taken, [wanted(item, block.version) for item in action.required(params, "subnets")])
    except (ValueError, TypeError) as error:
        raise action.ParameterError(str(error)) from error
    return {
        "block": str(block),
        "subnets": {name: describe(network) for name, network in sorted(result.assigned.items())},
        "free": [str(network) for network in result.free],
        "free_addresses": sum(network.num_addresses for network in result.free),
    }


def wanted(item, version):
    if not isinstance(item, dict) or not item.get("name"):
        raise action.ParameterError(f"subnet {item!r} has no name")
    if ("hosts" in item) == ("prefix_length" in item):
        raise action.ParameterError(f"subnet `{item['name']}` needs either hosts or prefix_length")
    if "hosts" in item:
        return cidr.Wanted(item["name"], cidr.prefix_for_hosts(int(item["hosts"]), version))
    return cidr.Wanted(item["name"], int(item["prefix_length"]))


def describe(network):
    return {
        "network": str(network),
        "first": str(network[0]),
        "last": str(network[-1]),
        "usable_hosts": cidr.usable_hosts(network),
    }


if __name__ == "__main__":
    action.run(work)
