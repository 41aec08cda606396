"""What a forecast is in this pack, and how it is had from an Open-Meteo compatible service.

A forecast is `{place, units, days: [{date, high, low, rain, wind}]}`, in metric units as fetched; a value the service
does not know is None.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

METRIC = {"temperature": "celsius", "rain": "millimetre", "wind": "kmh"}

# Our name of a value, and the service's.
FIELDS = {
    "high": "temperature_2m_max",
    "low": "temperature_2m_min",
    "rain": "precipitation_sum",
    "wind": "wind_speed_10m_max",
}


class ForecastError(Exception):
    """The service gave no usable forecast."""


def session(attempts: int) -> requests.Session:
    """A session that tries again after lost connections and the gateway errors."""
    retry = Retry(total=attempts - 1, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504), allowed_methods=("GET",))
    made = requests.Session()
    made.mount("http://", HTTPAdapter(max_retries=retry))
    made.mount("https://", HTTPAdapter(max_retries=retry))
    made.headers["Accept"] = "application/json"
    return made


def fetch(
    http: requests.Session,
    base_url: str,
    latitude: float,
    longitude: float,
    days: int,
    place: str,
    timeout_seconds: float,
) -> dict[str, Any]:
    """Fetches the coming `days` days, today included."""
    query = {
        "latitude": f"{latitude:.4f}",
        "longitude": f"{longitude:.4f}",
        "daily": ",".join(FIELDS.values()),
        "forecast_days": str(days),
        "timezone": "auto",
    }
    try:
        response = http.get(f"{base_url.rstrip('/')}/v1/forecast", params=query, timeout=timeout_seconds)
    except requests.RequestException as error:
        raise ForecastError(f"{base_url} cannot be asked: {error}") from error
    if response.status_code != 200:
        raise ForecastError(f"{base_url} answered {response.status_code}: {_reason(response)}")
    try:
        answer = response.json()
    except ValueError as error:
        raise ForecastError(f"{base_url} answered something other than JSON") from error
    return {"place": place, "units": dict(METRIC), "days": _days(answer)}


def _reason(response: requests.Response) -> str:
    try:
        return str(response.json()["reason"])
    except (ValueError, KeyError, TypeError):
        return response.reason or "no reason given"


def _days(answer: Any) -> list[dict[str, Any]]:
    daily = answer.get("daily") if isinstance(answer, dict) else None
    if not isinstance(daily, dict) or not isinstance(daily.get("time"), list):
        raise ForecastError("the answer holds no daily forecast")
    dates = daily["time"]
    columns = {}
    for ours, theirs in FIELDS.items():
        values = daily.get(theirs)
        if not isinstance(values, list) or len(values) != len(dates):
            raise ForecastError(f"`{theirs}` does not have one value per day")
        columns[ours] = values
    return [{"date": date, **{name: values[at] for name, values in columns.items()}} for at, date in enumerate(dates)]
