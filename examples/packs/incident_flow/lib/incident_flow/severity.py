"""How bad an alert is, from what it says and what it is about. Pure; the time comes in."""

from __future__ import annotations

from typing import Any

LEVELS = ("info", "minor", "major", "critical")

# The words of common monitoring systems, as levels.
WORDS = {
    "ok": "info",
    "info": "info",
    "notice": "info",
    "warn": "minor",
    "warning": "minor",
    "minor": "minor",
    "error": "major",
    "major": "major",
    "crit": "critical",
    "critical": "critical",
    "page": "critical",
    "emergency": "critical",
}


class AlertError(ValueError):
    """The alert lacks what is needed to judge it."""


def classify(alert: dict[str, Any], critical_services: list[str], repeats: int) -> dict[str, Any]:
    """The level of an alert, and the reasons for it.

    Anything about a critical service is one level worse; so is an alert that came five times or more.
    """
    service = alert.get("service")
    if not service or not isinstance(service, str):
        raise AlertError("the alert names no service")
    word = str(alert.get("severity", "warning")).lower()
    if word not in WORDS:
        raise AlertError(f"severity `{word}` is not known")
    level = LEVELS.index(WORDS[word])
    reasons = [f"reported as {word}"]
    # What is merely informative stays so, however often it is said.
    if level > 0 and service in critical_services:
        level += 1
        reasons.append(f"{service} is a critical service")
    if level > 0 and repeats >= 5:
        level += 1
        reasons.append(f"seen {repeats} times")
    name = LEVELS[min(level, len(LEVELS) - 1)]
    return {"severity": name, "page": name in ("major", "critical"), "reasons": reasons}
