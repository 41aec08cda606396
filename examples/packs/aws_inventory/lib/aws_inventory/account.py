"""How an account is reached: credentials, region, endpoint, and what AWS errors mean to an operator."""

from __future__ import annotations

from typing import Any, Callable

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from aws_inventory.action import ActionError, ParameterError, integer

ClientFor = Callable[[str], Any]


def client_factory(params: dict[str, Any]) -> ClientFor:
    """A function from service name to client, for the account that the parameters name."""
    key, secret = params.get("access_key_id"), params.get("secret_access_key")
    if bool(key) != bool(secret):
        raise ParameterError("`access_key_id` and `secret_access_key` go together")
    config = Config(
        retries={"mode": "standard", "max_attempts": integer(params, "attempts", 4, 1, 10)},
        connect_timeout=integer(params, "timeout_seconds", 20, 1, 300),
        read_timeout=integer(params, "timeout_seconds", 20, 1, 300),
        user_agent_extra="attune-aws-inventory",
    )
    session = boto3.session.Session(
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=params.get("session_token"),
        region_name=params.get("region", "eu-central-1"),
    )

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=params.get("endpoint_url"), config=config)

    return client


def listing(
    params: dict[str, Any],
    collect: Callable[[ClientFor], dict[str, Any]],
    client_for: ClientFor | None = None,
) -> dict[str, Any]:
    """Runs one listing and turns what boto3 raises into one line for the operator."""
    try:
        return collect(client_for or client_factory(params))
    except ClientError as error:
        details = error.response.get("Error", {})
        raise ActionError(f"{error.operation_name}: {details.get('Code')}: {details.get('Message')}") from error
    except (BotoCoreError, ValueError) as error:
        raise ActionError(str(error)) from error


def tags_of(item: dict[str, Any]) -> dict[str, str]:
    """The `[{Key, Value}]` list of AWS as a mapping."""
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}


def iso(moment: Any) -> str | None:
    """A timestamp as text; None stays None."""
    return None if moment is None else moment.isoformat()


def filters(params: dict[str, Any], states: list[str], state_filter: str) -> list[dict[str, Any]]:
    """EC2 filters from wanted states and the `tags` parameter."""
    out = [{"Name": state_filter, "Values": states}] if states else []
    wanted = params.get("tags", {})
    if not isinstance(wanted, dict):
        raise ParameterError("`tags` must be an object of tag names and values")
    for name, value in sorted(wanted.items()):
        values = value if isinstance(value, list) else [value]
        out.append({"Name": f"tag:{name}", "Values": [str(each) for each in values]})
    return out
