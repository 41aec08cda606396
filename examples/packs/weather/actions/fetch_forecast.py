#!/usr/bin/env python3
"""Fetches a daily forecast for a place."""

from weather import action, forecast


def work(params, http=None):
    for name in ("latitude", "longitude"):
        action.required(params, name)
    latitude = action.number(params, "latitude", 0, -90, 90)
    longitude = action.number(params, "longitude", 0, -180, 180)
    base_url = str(params.get("base_url", "https://api.open-meteo.com"))
    if not base_url.startswith(("http://", "https://")):
        raise action.ParameterError("`base_url` must be http or https")
    days = action.integer(params, "days", 3, 1, 16)
    timeout = action.number(params, "timeout_seconds", 10, 0.1, 300)
    attempts = action.integer(params, "attempts", 3, 1, 10)
    place = str(params.get("place") or f"{latitude:g}, {longitude:g}")
    with http or forecast.session(attempts) as session:
        try:
            return forecast.fetch(session, base_url, latitude, longitude, days, place, timeout)
        except forecast.ForecastError as error:
            raise action.ActionError(str(error)) from error


if __name__ == "__main__":
    action.run(work)
