#!/usr/bin/env python3
"""Moves a ticket to a state, through the states between."""

from ticketing import action, client, connection, lifecycle

# Each lost race means that somebody else made progress; more than a few mean a fight.
MAX_RACES = 3


def work(params, transport=None):
    ticket_id = str(action.required(params, "ticket_id"))
    target = str(action.required(params, "state"))
    if target not in lifecycle.STEPS:
        raise action.ParameterError(f"`state` must be one of {', '.join(lifecycle.STEPS)}")

    def move(tickets):
        went, races = [], 0
        while True:
            # Read anew before each step: the step needs the version tag, and somebody else may have moved the ticket.
            ticket, tag = tickets.get(ticket_id)
            try:
                way = lifecycle.route(str(ticket.get("state")), target)
            except lifecycle.LifecycleError as error:
                raise client.TicketError(str(error)) from error
            if not way:
                return {"ticket": ticket, "steps": went}
            try:
                tickets.update(ticket_id, {"state": way[0]}, tag)
            except client.Conflict:
                races += 1
                if races >= MAX_RACES:
                    raise
            else:
                went.append(way[0])
            if len(went) > len(lifecycle.STEPS):
                raise client.TicketError("the ticket system accepts steps and does not take them")

    return connection.run(params, move, transport)


if __name__ == "__main__":
    action.run(work)
