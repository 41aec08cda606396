#!/usr/bin/env python3
"""Renders a forecast as text, as a YAML description says."""

import pathlib

from weather import action, report, units

DEFAULT_REPORT = pathlib.Path(__file__).resolve().parent.parent / "reports" / "daily.yaml"


def work(params):
    forecast = action.required(params, "forecast")
    text = params.get("report") or DEFAULT_REPORT.read_text(encoding="utf-8")
    try:
        rendered, advisories = report.render(report.parse(str(text)), forecast)
    except (report.ReportError, units.UnitError) as error:
        raise action.ParameterError(str(error)) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise action.ParameterError("`forecast` is not a forecast as fetch_forecast gives it") from error
    return {"text": rendered, "advisories": advisories, "severe": bool(advisories)}


if __name__ == "__main__":
    action.run(work)
