#!/usr/bin/env python3
"""Renders the notes of an incident in Markdown."""

from incident_flow import action, notes


def work(params):
    incident = action.required(params, "incident")
    if not isinstance(incident, dict):
        raise action.ParameterError("`incident` must be an object")
    for name in ("severity", "service"):
        if not incident.get(name):
            raise action.ParameterError(f"the incident has no `{name}`")
    try:
        text = notes.render(incident, params.get("template"))
    except notes.NotesError as error:
        raise action.ParameterError(str(error)) from error
    return {"notes": text, "severity": incident["severity"]}


if __name__ == "__main__":
    action.run(work)
