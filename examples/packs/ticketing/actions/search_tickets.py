#!/usr/bin/env python3
"""Searches tickets, through all pages."""

from collections import Counter

from ticketing import action, connection


def work(params, transport=None):
    limit = action.integer(params, "limit", 100, 1, 10_000)
    query = {name: str(params[name]) for name in ("text", "state", "label", "dedup_key") if params.get(name)}

    def search(tickets):
        found = list(tickets.search(query, limit))
        return {"tickets": found, "count": len(found), "by_state": dict(Counter(str(ticket.get("state")) for ticket in found))}

    return connection.run(params, search, transport)


if __name__ == "__main__":
    action.run(work)
