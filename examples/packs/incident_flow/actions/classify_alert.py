#!/usr/bin/env python3
"""Says how bad an alert is, and why."""

from incident_flow import action, severity


def work(params):
    alert = action.required(params, "alert")
    services = params.get("critical_services", [])
    if not isinstance(alert, dict) or not isinstance(services, list):
        raise action.ParameterError("`alert` must be an object and `critical_services` a list")
    try:
        verdict = severity.classify(alert, services, action.integer(params, "repeats", 1, 1, 1_000_000))
    except severity.AlertError as error:
        raise action.ParameterError(str(error)) from error
    return {"service": alert["service"], "summary": str(alert.get("summary", "")), **verdict}


if __name__ == "__main__":
    action.run(work)
