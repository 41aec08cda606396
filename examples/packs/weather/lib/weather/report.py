"""Reports: a YAML description of what to show and when to warn, applied to a forecast.

    title: "Forecast for {place}"
    units: metric                       # optional: metric, imperial, nautical
    columns: [date, high, low]          # any of date, high, low, rain, wind
    advisories:
      - when: {high_above: 32}          # <value>_above, <value>_below; all must hold
        say: "Heat on {date}: {high}"
"""

from __future__ import annotations

from typing import Any

import yaml

from weather import units

COLUMNS = ("date", "high", "low", "rain", "wind")
_KEYS = {"title", "units", "columns", "advisories"}


class ReportError(ValueError):
    """The description of a report is wrong."""


def parse(text: str) -> dict[str, Any]:
    """Reads and checks a description, and fills in its defaults."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ReportError(f"the report is not YAML: {error}") from error
    if not isinstance(found, dict):
        raise ReportError("the report must be a mapping")
    unknown = sorted(str(key) for key in found if key not in _KEYS)
    if unknown:
        raise ReportError(f"unknown keys in the report: {', '.join(unknown)}")
    columns = found.get("columns") or list(COLUMNS)
    if not isinstance(columns, list) or not all(column in COLUMNS for column in columns):
        raise ReportError(f"columns must be a list of {', '.join(COLUMNS)}")
    system = found.get("units")
    if system is not None and system not in units.SYSTEMS:
        raise ReportError(f"units must be one of {', '.join(units.SYSTEMS)}")
    advisories = found.get("advisories") or []
    if not isinstance(advisories, list):
        raise ReportError("advisories must be a list")
    return {
        "title": str(found.get("title", "Forecast for {place}")),
        "units": system,
        "columns": columns,
        "advisories": [_advisory(item) for item in advisories],
    }


def _advisory(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict) or not isinstance(item.get("when"), dict) or not item["when"] or "say" not in item:
        raise ReportError("an advisory needs a mapping `when` and a text `say`")
    for name, limit in item["when"].items():
        value, _, side = str(name).rpartition("_")
        if value not in units.QUANTITIES or side not in ("above", "below"):
            raise ReportError(f"`{name}` is no condition; write for example high_above or wind_below")
        if isinstance(limit, bool) or not isinstance(limit, (int, float)):
            raise ReportError(f"`{name}` must be compared with a number")
    return {"when": item["when"], "say": str(item["say"])}


def render(description: dict[str, Any], forecast: dict[str, Any]) -> tuple[str, list[str]]:
    """The report as text, and its advisories on their own. Conditions are judged in the report's units."""
    if description["units"]:
        forecast = units.convert_forecast(forecast, description["units"])
    shown = [{name: _cell(name, day, forecast["units"]) for name in COLUMNS} for day in forecast["days"]]
    advisories = []
    for day, cells in zip(forecast["days"], shown):
        for advisory in description["advisories"]:
            if all(_holds(name, limit, day) for name, limit in advisory["when"].items()):
                advisories.append(_fill(advisory["say"], {**cells, "place": forecast["place"]}))
    lines = [_fill(description["title"], {"place": forecast["place"]}), ""]
    lines += _table(description["columns"], shown)
    if advisories:
        lines += ["", *(f"! {text}" for text in advisories)]
    return "\n".join(lines) + "\n", advisories


def _holds(name: str, limit: float, day: dict[str, Any]) -> bool:
    value, _, side = name.rpartition("_")
    known = day.get(value)
    if known is None:
        return False
    return known > limit if side == "above" else known < limit


def _fill(template: str, values: dict[str, str]) -> str:
    # Plain replacement: str.format would let a report reach into attributes.
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def _cell(name: str, day: dict[str, Any], unit: dict[str, str]) -> str:
    if name == "date":
        return str(day["date"])
    value = day.get(name)
    return "-" if value is None else f"{value:g} {units.SYMBOLS[unit[units.QUANTITIES[name]]]}"


def _table(columns: list[str], rows: list[dict[str, str]]) -> list[str]:
    widths = {name: max([len(name), *(len(row[name]) for row in rows)]) for name in columns}
    lines = ["  ".join(name.ljust(widths[name]) for name in columns)]
    lines += ["  ".join(row[name].ljust(widths[name]) for name in columns) for row in rows]
    return [line.rstrip() for line in lines]
