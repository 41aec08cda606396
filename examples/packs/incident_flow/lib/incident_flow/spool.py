"""The alert spool: a directory into which monitoring drops `*.json` files, one alert each.

A file leaves the spool only after its alert was delivered (to `done/`), or because it can never be (to `bad/`). What
dies in between delivers again, so an alert may come twice but is never lost. Writers should write under another
ending and rename; a file that is still growing is not valid JSON and is left until `settle_seconds` have passed.
"""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any, Callable

MAX_ALERT_BYTES = 64 * 1024


class BadAlert(ValueError):
    """The file will never be an alert."""


def drain(directory: pathlib.Path, deliver: Callable[[dict[str, Any]], None], now: float, settle_seconds: float = 10) -> dict[str, int]:
    """Delivers what lies in the spool, oldest name first. An error of `deliver` stops the round and is raised."""
    counts = {"delivered": 0, "bad": 0, "waiting": 0}
    for path in sorted(directory.glob("*.json")):
        try:
            alert = _read(path)
        except FileNotFoundError:
            continue
        except BadAlert:
            if now - path.lstat().st_mtime < settle_seconds:
                counts["waiting"] += 1
                continue
            _move(path, "bad")
            counts["bad"] += 1
            continue
        deliver(alert)
        _move(path, "done")
        counts["delivered"] += 1
    return counts


def _read(path: pathlib.Path) -> dict[str, Any]:
    # A link could make the sensor read, and publish, any file of this host.
    if path.is_symlink() or not path.is_file():
        raise BadAlert("not a regular file")
    with path.open("rb") as file:
        data = file.read(MAX_ALERT_BYTES + 1)
    if len(data) > MAX_ALERT_BYTES:
        raise BadAlert("too large")
    try:
        alert = json.loads(data)
    except ValueError as error:
        raise BadAlert("not JSON") from error
    if not isinstance(alert, dict) or not alert.get("service"):
        raise BadAlert("names no service")
    return alert


def _move(path: pathlib.Path, where: str) -> None:
    target = path.parent / where
    target.mkdir(exist_ok=True)
    os.replace(path, target / path.name)
