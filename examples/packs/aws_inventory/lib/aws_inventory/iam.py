"""IAM: users, their second factor, and the age and use of their access keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aws_inventory.account import iso


def users(client: Any, path_prefix: str, max_key_age_days: int, now: datetime) -> list[dict[str, Any]]:
    """Every user below `path_prefix`, each with keys and `findings`; ages are as of `now`."""
    pages = client.get_paginator("list_users").paginate(PathPrefix=path_prefix)
    return [_user(client, item, max_key_age_days, now) for page in pages for item in page["Users"]]


def _user(client: Any, item: dict[str, Any], max_key_age_days: int, now: datetime) -> dict[str, Any]:
    name = item["UserName"]
    keys = [_key(client, key, now) for page in _pages(client, "list_access_keys", name) for key in page["AccessKeyMetadata"]]
    devices = [device["SerialNumber"] for page in _pages(client, "list_mfa_devices", name) for device in page["MFADevices"]]
    groups = [group["GroupName"] for page in _pages(client, "list_groups_for_user", name) for group in page["Groups"]]
    findings = [] if devices else ["no MFA device"]
    for key in keys:
        if not key["active"]:
            continue
        if key["age_days"] > max_key_age_days:
            findings.append(f"key {key['id']} is {key['age_days']} days old")
        if key["last_used_at"] is None:
            findings.append(f"key {key['id']} was never used")
    return {
        "name": name,
        "arn": item["Arn"],
        "created_at": iso(item.get("CreateDate")),
        "password_last_used_at": iso(item.get("PasswordLastUsed")),
        "groups": groups,
        "mfa_devices": devices,
        "access_keys": keys,
        "findings": findings,
    }


def _pages(client: Any, operation: str, user: str) -> Any:
    return client.get_paginator(operation).paginate(UserName=user)


def _key(client: Any, item: dict[str, Any], now: datetime) -> dict[str, Any]:
    used = client.get_access_key_last_used(AccessKeyId=item["AccessKeyId"]).get("AccessKeyLastUsed", {})
    return {
        "id": item["AccessKeyId"],
        "active": item.get("Status") == "Active",
        "age_days": (now - item["CreateDate"]).days,
        "last_used_at": iso(used.get("LastUsedDate")),
        "last_used_service": used.get("ServiceName"),
    }
