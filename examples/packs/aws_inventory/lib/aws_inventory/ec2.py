"""EC2: instances, volumes, and security groups that let the world in."""

from __future__ import annotations

from typing import Any, Iterator

from aws_inventory.account import iso, tags_of

# Ports that are an incident when the whole internet reaches them.
SENSITIVE_PORTS = {
    22: "ssh",
    23: "telnet",
    445: "smb",
    1433: "mssql",
    3306: "mysql",
    3389: "rdp",
    5432: "postgresql",
    6379: "redis",
    9200: "elasticsearch",
    27017: "mongodb",
}
WORLD = ("0.0.0.0/0", "::/0")


def instances(client: Any, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every instance that passes the filters, sorted by id."""
    pages = client.get_paginator("describe_instances").paginate(Filters=filters)
    found = [
        _instance(instance, reservation.get("OwnerId"))
        for page in pages
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    ]
    return sorted(found, key=lambda instance: instance["id"])


def _instance(item: dict[str, Any], owner: str | None) -> dict[str, Any]:
    tags = tags_of(item)
    return {
        "id": item["InstanceId"],
        "name": tags.get("Name", ""),
        "owner": owner,
        "type": item.get("InstanceType"),
        "state": item.get("State", {}).get("Name"),
        "zone": item.get("Placement", {}).get("AvailabilityZone"),
        "image": item.get("ImageId"),
        "vpc": item.get("VpcId"),
        "private_ip": item.get("PrivateIpAddress"),
        "public_ip": item.get("PublicIpAddress"),
        "launched_at": iso(item.get("LaunchTime")),
        "tags": tags,
    }


def volumes(client: Any, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every volume that passes the filters, each with its `findings`."""
    pages = client.get_paginator("describe_volumes").paginate(Filters=filters)
    return sorted((_volume(item) for page in pages for item in page["Volumes"]), key=lambda volume: volume["id"])


def _volume(item: dict[str, Any]) -> dict[str, Any]:
    attached = [attachment["InstanceId"] for attachment in item.get("Attachments", []) if "InstanceId" in attachment]
    findings = []
    if not attached:
        findings.append("unattached")
    if not item.get("Encrypted", False):
        findings.append("unencrypted")
    return {
        "id": item["VolumeId"],
        "size_gib": item.get("Size"),
        "type": item.get("VolumeType"),
        "state": item.get("State"),
        "attached_to": attached,
        "created_at": iso(item.get("CreateTime")),
        "tags": tags_of(item),
        "findings": findings,
    }


def open_ingress(client: Any) -> list[dict[str, Any]]:
    """Every ingress rule whose source is the whole internet."""
    pages = client.get_paginator("describe_security_groups").paginate()
    return [
        rule
        for page in pages
        for group in page["SecurityGroups"]
        for permission in group.get("IpPermissions", [])
        for rule in _open_rules(group, permission)
    ]


def _open_rules(group: dict[str, Any], permission: dict[str, Any]) -> Iterator[dict[str, Any]]:
    sources = [source["CidrIp"] for source in permission.get("IpRanges", [])]
    sources += [source["CidrIpv6"] for source in permission.get("Ipv6Ranges", [])]
    protocol = permission.get("IpProtocol", "-1")
    # Protocol -1 is all of them, and then there are no ports in the rule.
    first, last = (0, 65535) if protocol == "-1" else (permission.get("FromPort", 0), permission.get("ToPort", 65535))
    # ICMP has types where TCP and UDP have ports.
    has_ports = protocol in ("-1", "tcp", "udp", "6", "17")
    sensitive = [name for port, name in SENSITIVE_PORTS.items() if has_ports and first <= port <= last]
    for source in sources:
        if source in WORLD:
            yield {
                "group": group["GroupId"],
                "group_name": group.get("GroupName"),
                "vpc": group.get("VpcId"),
                "protocol": "all" if protocol == "-1" else protocol,
                "first_port": first,
                "last_port": last,
                "source": source,
                "sensitive": sensitive,
            }
