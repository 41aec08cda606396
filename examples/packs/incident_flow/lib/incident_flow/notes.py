"""Incident notes in Markdown, rendered by Jinja2 in its sandbox: templates may come from users."""

from __future__ import annotations

import pathlib
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

DEFAULT_TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "templates" / "notes.md.j2"


class NotesError(ValueError):
    """The template is wrong, or wants something the incident does not have."""


def render(incident: dict[str, Any], template: str | None = None) -> str:
    """The notes of an incident; without a template, in the pack's own form."""
    environment = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters["cell"] = cell
    environment.filters["duration"] = duration
    text = template if template is not None else DEFAULT_TEMPLATE.read_text(encoding="utf-8")
    try:
        return environment.from_string(text).render(incident=incident)
    except TemplateError as error:
        raise NotesError(f"{type(error).__name__}: {error.message or error}") from error


def cell(value: Any) -> str:
    """Text that stays within one cell of a Markdown table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def duration(seconds: float) -> str:
    """Seconds as an operator would say them."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
