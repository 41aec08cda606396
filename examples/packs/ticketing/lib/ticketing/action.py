"""The frame of an action: parameters in from stdin, one JSON object out.

Exit codes: 0 done, 1 the work failed, 2 the parameters are wrong.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Callable


class ActionError(Exception):
    """The work could not be done; the text is for the operator."""


class ParameterError(ActionError):
    """A parameter is missing or out of its range."""


def run(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Runs `work` on the parameters and exits."""
    try:
        text = sys.stdin.read()
        params = json.loads(text) if text.strip() else {}
        if not isinstance(params, dict):
            raise ParameterError("parameters must be one JSON object")
        result = work({key: value for key, value in params.items() if value is not None})
    except json.JSONDecodeError as error:
        fail(f"parameters are not JSON: {error}", 2)
    except ParameterError as error:
        fail(str(error), 2)
    except ActionError as error:
        fail(str(error), 1)
    else:
        json.dump(result, sys.stdout, sort_keys=True)
        sys.stdout.write("\n")


def fail(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    raise SystemExit(code)


def required(params: dict[str, Any], name: str) -> Any:
    """The value of a parameter that has no default."""
    if params.get(name) in (None, ""):
        raise ParameterError(f"`{name}` is needed")
    return params[name]


def number(params: dict[str, Any], name: str, default: float, low: float, high: float) -> float:
    """A number within `low` and `high`, both included."""
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ParameterError(f"`{name}` must be a number, not {value!r}")
    if not low <= value <= high:
        raise ParameterError(f"`{name}` must be between {low} and {high}, not {value}")
    return value


def integer(params: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
    """A whole number within `low` and `high`, both included."""
    value = number(params, name, default, low, high)
    if value != int(value):
        raise ParameterError(f"`{name}` must be a whole number, not {value}")
    return int(value)
