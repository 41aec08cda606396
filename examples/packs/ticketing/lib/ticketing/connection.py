"""From the parameters of an action to a client."""

from __future__ import annotations

from typing import Any, Callable, Optional

import httpx

from ticketing import action, client


def run(
    params: dict[str, Any],
    work: Callable[[client.TicketClient], dict[str, Any]],
    transport: Optional[httpx.BaseTransport] = None,
) -> dict[str, Any]:
    """Runs `work` with a client for the system that `params` name, and turns its refusals into action errors."""
    base_url = str(action.required(params, "base_url"))
    if not base_url.startswith(("http://", "https://")):
        raise action.ParameterError("`base_url` must be http or https")
    timeout = action.number(params, "timeout_seconds", 15, 0.1, 300)
    attempts = action.integer(params, "attempts", 3, 1, 10)
    # Without a network there is nothing to wait for between two attempts.
    pause = {} if transport is None else {"sleep": lambda _: None}
    try:
        with client.TicketClient(base_url, params.get("token"), timeout, attempts, transport, **pause) as tickets:
            return work(tickets)
    except (client.TicketError, httpx.InvalidURL) as error:
        raise action.ActionError(str(error)) from error
