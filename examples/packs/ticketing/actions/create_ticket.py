#!/usr/bin/env python3
"""Creates a ticket, or finds the open one that is about the same thing."""

from ticketing import action, connection

PRIORITIES = ("low", "normal", "high", "urgent")


def work(params, transport=None):
    fields = {
        "title": str(action.required(params, "title")),
        "body": str(params.get("body", "")),
        "priority": params.get("priority", "normal"),
        "labels": params.get("labels", []),
    }
    if fields["priority"] not in PRIORITIES:
        raise action.ParameterError(f"`priority` must be one of {', '.join(PRIORITIES)}")
    key = params.get("dedup_key")

    def create(tickets):
        if key:
            for state in ("open", "in_progress"):
                for ticket in tickets.search({"dedup_key": str(key), "state": state}, 1):
                    return {"ticket": ticket, "created": False}
            fields["dedup_key"] = str(key)
        return {"ticket": tickets.create(fields, str(key) if key else None), "created": True}

    return connection.run(params, create, transport)


if __name__ == "__main__":
    action.run(work)
