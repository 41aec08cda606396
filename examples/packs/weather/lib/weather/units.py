"""Units of the values in a forecast. Each unit is a linear map from its metric base."""

from __future__ import annotations

from typing import Any

# unit: (factor, offset) from celsius, millimetre, kilometre per hour.
UNITS = {
    "temperature": {"celsius": (1.0, 0.0), "fahrenheit": (1.8, 32.0), "kelvin": (1.0, 273.15)},
    "rain": {"millimetre": (1.0, 0.0), "inch": (1 / 25.4, 0.0)},
    "wind": {"kmh": (1.0, 0.0), "ms": (1 / 3.6, 0.0), "mph": (1 / 1.609344, 0.0), "knot": (1 / 1.852, 0.0)},
}

SYSTEMS = {
    "metric": {"temperature": "celsius", "rain": "millimetre", "wind": "kmh"},
    "imperial": {"temperature": "fahrenheit", "rain": "inch", "wind": "mph"},
    "nautical": {"temperature": "celsius", "rain": "millimetre", "wind": "knot"},
}

SYMBOLS = {
    "celsius": "°C",
    "fahrenheit": "°F",
    "kelvin": "K",
    "millimetre": "mm",
    "inch": "in",
    "kmh": "km/h",
    "ms": "m/s",
    "mph": "mph",
    "knot": "kn",
}

QUANTITIES = {"high": "temperature", "low": "temperature", "rain": "rain", "wind": "wind"}


class UnitError(ValueError):
    """A unit or a system of units is not known."""


def convert(value: float, quantity: str, source: str, target: str) -> float:
    """One value from one unit to another of the same quantity."""
    known = UNITS[quantity]
    for unit in (source, target):
        if unit not in known:
            raise UnitError(f"`{unit}` is no unit of {quantity}; known are {', '.join(known)}")
    if source == target:
        return value
    factor, offset = known[source]
    base = (value - offset) / factor
    factor, offset = known[target]
    return base * factor + offset


def convert_forecast(forecast: dict[str, Any], system: str) -> dict[str, Any]:
    """A forecast in another system of units; values are rounded to what a forecast can promise."""
    if system not in SYSTEMS:
        raise UnitError(f"`{system}` is no system of units; known are {', '.join(SYSTEMS)}")
    target = SYSTEMS[system]
    source = forecast["units"]

    def day(values: dict[str, Any]) -> dict[str, Any]:
        out = {"date": values["date"]}
        for name, quantity in QUANTITIES.items():
            value = values.get(name)
            digits = 2 if target[quantity] == "inch" else 1
            out[name] = None if value is None else round(convert(value, quantity, source[quantity], target[quantity]), digits)
        return out

    return {**forecast, "units": dict(target), "days": [day(values) for values in forecast["days"]]}
