"""Handing events to Attune over its API, with what the worker puts into a sensor's environment."""

from __future__ import annotations

import json
import urllib.request
from typing import Any, Callable, Mapping


def trigger_configs(environ: Mapping[str, str], trigger: str) -> list[dict[str, Any]]:
    """The parameters of each rule's use of one of this pack's triggers, from ATTUNE_SENSOR_TRIGGERS.

    Workers have written them under different names; the first that is there counts. Text that is not the expected JSON
    is an error, because a sensor that watches nothing looks just like one with nothing to tell.
    """
    try:
        entries = json.loads(environ.get("ATTUNE_SENSOR_TRIGGERS") or "[]")
    except ValueError as error:
        raise SystemExit(f"ATTUNE_SENSOR_TRIGGERS is not JSON: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SystemExit("ATTUNE_SENSOR_TRIGGERS is not a list of objects")
    found = []
    for entry in entries:
        if entry.get("ref", entry.get("trigger_ref")) == f"incident_flow.{trigger}":
            names = ("config", "trigger_params", "parameters")
            found.append(next((entry[name] for name in names if isinstance(entry.get(name), dict)), {}))
    return found


class EventSink:
    """Posts events of this pack's triggers."""

    def __init__(self, environ: Mapping[str, str], open_url: Callable[..., Any] = urllib.request.urlopen) -> None:
        try:
            self._url = environ["ATTUNE_API_URL"].rstrip("/") + "/api/v1/events"
            self._token = environ["ATTUNE_API_TOKEN"]
        except KeyError as error:
            raise SystemExit(f"{error.args[0]} is not set; the worker sets it for its sensors") from error
        self._open_url = open_url

    def emit(self, trigger: str, payload: dict[str, Any]) -> None:
        """Posts one event. Raises OSError when it did not arrive."""
        request = urllib.request.Request(
            self._url,
            data=json.dumps({"trigger_ref": f"incident_flow.{trigger}", "payload": payload}).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            method="POST",
        )
        with self._open_url(request, timeout=15):
            pass
