"""Carving subnets out of address blocks.

A plan is made largest first, each subnet at the lowest free address: blocks are powers of two, so this wastes nothing
that a cleverer order would save.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Iterable, Union

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class PlanError(ValueError):
    """The wanted subnets cannot be had from the block."""


@dataclass(frozen=True)
class Wanted:
    """A subnet to find room for."""

    name: str
    prefix_length: int


@dataclass(frozen=True)
class Plan:
    """Where each wanted subnet goes, and what is left."""

    assigned: dict[str, Network]
    free: list[Network]


def prefix_for_hosts(hosts: int, version: int) -> int:
    """The longest prefix whose network gives `hosts` usable addresses.

    IPv4 loses the network and the broadcast address, except in /31 (RFC 3021) and /32.
    """
    if hosts < 1:
        raise PlanError(f"a network for {hosts} hosts makes no sense")
    bits = 32 if version == 4 else 128
    needed = hosts if version == 6 or hosts <= 2 else hosts + 2
    prefix = bits - (needed - 1).bit_length()
    if prefix < 0:
        raise PlanError(f"no IPv{version} network has room for {hosts} hosts")
    return prefix


def subtract(block: Network, taken: Iterable[Network]) -> list[Network]:
    """What is left of `block` without `taken`, in address order."""
    free = [block]
    for hole in taken:
        if hole.version != block.version:
            raise PlanError(f"{hole} and {block} are of different IP versions")
        remaining: list[Network] = []
        for part in free:
            if part.subnet_of(hole):
                continue
            if hole.subnet_of(part):
                remaining.extend(part.address_exclude(hole))
            else:
                remaining.append(part)
        free = remaining
    return sorted(free)


def plan(block: Network, taken: Iterable[Network], wanted: list[Wanted]) -> Plan:
    """Finds room for every wanted subnet, or says which one has none."""
    names = [want.name for want in wanted]
    if len(set(names)) != len(names):
        raise PlanError("two wanted subnets have the same name")
    free = subtract(block, taken)
    assigned: dict[str, Network] = {}
    for want in sorted(wanted, key=lambda want: (want.prefix_length, want.name)):
        home = next((part for part in free if part.prefixlen <= want.prefix_length), None)
        if home is None or want.prefix_length > home.max_prefixlen:
            raise PlanError(f"no room for a /{want.prefix_length} for `{want.name}` in {block}")
        subnet = next(home.subnets(new_prefix=want.prefix_length))
        assigned[want.name] = subnet
        free = sorted([part for part in free if part != home] + list(home.address_exclude(subnet)))
    return Plan(assigned, list(ipaddress.collapse_addresses(free)))


def usable_hosts(network: Network) -> int:
    """How many addresses hosts may have in `network`."""
    if network.version == 4 and network.prefixlen < 31:
        return network.num_addresses - 2
    return network.num_addresses
