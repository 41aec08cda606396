"""S3: buckets, where they are and how they are protected."""

from __future__ import annotations

from typing import Any, Callable, Iterator

from botocore.exceptions import ClientError

from aws_inventory.account import iso

# Buckets made before encryption became the default, and buckets without a block of public access, answer with these.
_NOT_SET = {"ServerSideEncryptionConfigurationNotFoundError", "NoSuchPublicAccessBlockConfiguration"}
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def buckets(client: Any, prefix: str) -> list[dict[str, Any]]:
    """Every bucket of the account whose name starts with `prefix`, each with its `findings`."""
    return [_bucket(client, item) for item in _names(client) if item["Name"].startswith(prefix)]


def _names(client: Any) -> Iterator[dict[str, Any]]:
    # Older releases of botocore list all buckets in one answer and know no paginator for it.
    if client.can_paginate("list_buckets"):
        for page in client.get_paginator("list_buckets").paginate():
            yield from page.get("Buckets", [])
    else:
        yield from client.list_buckets().get("Buckets", [])


def _bucket(client: Any, item: dict[str, Any]) -> dict[str, Any]:
    name = item["Name"]
    # The oldest region answers with nothing.
    region = client.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1"
    encryption = _setting(lambda: _algorithm(client.get_bucket_encryption(Bucket=name)))
    block = _setting(lambda: client.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"])
    versioning = client.get_bucket_versioning(Bucket=name).get("Status", "Off")
    findings = []
    if encryption is None:
        findings.append("no default encryption")
    if not all((block or {}).get(key, False) for key in _BLOCKS):
        findings.append("public access is not fully blocked")
    return {
        "name": name,
        "region": "eu-west-1" if region == "EU" else region,
        "created_at": iso(item.get("CreationDate")),
        "encryption": encryption,
        "versioning": versioning,
        "findings": findings,
    }


def _algorithm(answer: dict[str, Any]) -> str | None:
    for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
        if "ApplyServerSideEncryptionByDefault" in rule:
            return rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    return None


def _setting(read: Callable[[], Any]) -> Any:
    """A setting, or None where the bucket has none. Any other error is an error."""
    try:
        return read()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_SET:
            return None
        raise
