#!/usr/bin/env python3
"""Converts a forecast to another system of units."""

from weather import action, units


def work(params):
    forecast = action.required(params, "forecast")
    try:
        return units.convert_forecast(forecast, str(params.get("system", "imperial")))
    except units.UnitError as error:
        raise action.ParameterError(str(error)) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise action.ParameterError("`forecast` is not a forecast as fetch_forecast gives it") from error


if __name__ == "__main__":
    action.run(work)
