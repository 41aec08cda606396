"""When to try an HTTP request again, and how long to wait before.

Only what may go away by itself is retried: no answer, 408, 425, 429 and the 5xx that gateways give. Anything else is
an answer. Methods that change something are sent once, because the first one may have arrived.
"""

from __future__ import annotations

import email.utils
from dataclasses import dataclass
from typing import Callable, Optional, TypeVar

RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

T = TypeVar("T")


@dataclass(frozen=True)
class Policy:
    """Exponential backoff with full jitter, bounded per wait and in all. `attempts` counts the first one."""

    attempts: int = 3
    base_seconds: float = 0.5
    max_wait_seconds: float = 30.0
    budget_seconds: float = 120.0

    def wait_seconds(self, attempt: int, retry_after: Optional[float], jitter: Callable[[], float]) -> float:
        """The wait after attempt number `attempt`, counted from 1. A server's own word goes first."""
        if retry_after is not None:
            return max(0.0, retry_after)
        ceiling = min(self.max_wait_seconds, self.base_seconds * 2 ** (attempt - 1))
        return ceiling * jitter()


def may_retry(method: str, status: Optional[int]) -> bool:
    """Whether a request may be sent again; `status` is None when no answer came."""
    return method in SAFE_METHODS and (status is None or status in RETRY_STATUSES)


def parse_retry_after(value: Optional[str], now: float) -> Optional[float]:
    """Seconds to wait from a `Retry-After` header (RFC 9110 section 10.2.3); None when it says nothing usable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - now)


def call(
    policy: Policy,
    send: Callable[[], T],
    verdict: Callable[[T], tuple[bool, Optional[float]]],
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
) -> tuple[T, int]:
    """Sends until `verdict` is content or the policy has had enough.

    `verdict` says whether to try again and how long the server asks to wait. Returns the last outcome and the number of
    attempts. A wait that would break the budget, or the longest wait allowed, is not begun.
    """
    spent = 0.0
    attempt = 1
    while True:
        outcome = send()
        again, retry_after = verdict(outcome)
        if not again or attempt >= policy.attempts:
            return outcome, attempt
        wait = policy.wait_seconds(attempt, retry_after, jitter)
        if wait > policy.max_wait_seconds or spent + wait > policy.budget_seconds:
            return outcome, attempt
        sleep(wait)
        spent += wait
        attempt += 1
