#!/usr/bin/env python3
"""Adds a comment to a ticket."""

from ticketing import action, connection


def work(params, transport=None):
    ticket_id = str(action.required(params, "ticket_id"))
    text = str(action.required(params, "text"))
    key = params.get("idempotency_key")
    return connection.run(
        params,
        lambda tickets: {"comment": tickets.comment(ticket_id, text, str(key) if key else None)},
        transport,
    )


if __name__ == "__main__":
    action.run(work)
