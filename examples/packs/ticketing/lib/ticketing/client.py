"""The ticket system over HTTP: what to send, when to send it again, what its answers mean."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator, Optional
from urllib.parse import quote

import httpx

# An honest server needs far fewer; a broken one that hands out the same cursor for ever must not keep us.
MAX_PAGES = 200
_RETRY_STATUSES = {429, 502, 503, 504}


class TicketError(Exception):
    """The ticket system refused, or did not answer sensibly."""


class Conflict(TicketError):
    """Somebody changed the ticket in the meantime."""


class TicketClient:
    """Tickets of one system. Retries what is safe to send twice: reads, and writes that carry an idempotency key."""

    def __init__(
        self,
        base_url: str,
        token: Optional[str],
        timeout_seconds: float,
        attempts: int = 3,
        transport: Optional[httpx.BaseTransport] = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout_seconds, transport=transport)
        self._attempts = attempts
        self._sleep = sleep

    def __enter__(self) -> TicketClient:
        return self

    def __exit__(self, *_: Any) -> None:
        self._http.close()

    def search(self, query: dict[str, str], limit: int) -> Iterator[dict[str, Any]]:
        """Matching tickets, at most `limit`, page by page as they are consumed."""
        cursor: Optional[str] = None
        given = 0
        for _ in range(MAX_PAGES):
            params = {**query, "limit": str(min(100, limit - given))}
            if cursor:
                params["cursor"] = cursor
            page = self._json(self._send("GET", "tickets", params=params))
            for ticket in _field(page, "items", list):
                yield ticket
                given += 1
                if given >= limit:
                    return
            cursor = page.get("next_cursor")
            if not cursor:
                return
        raise TicketError(f"the search did not end within {MAX_PAGES} pages")

    def create(self, fields: dict[str, Any], idempotency_key: Optional[str]) -> dict[str, Any]:
        """Creates a ticket; with a key, sending it twice creates one."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._json(self._send("POST", "tickets", json=fields, headers=headers))

    def get(self, ticket_id: str) -> tuple[dict[str, Any], Optional[str]]:
        """A ticket and its version tag."""
        response = self._send("GET", _path(ticket_id))
        return self._json(response), response.headers.get("ETag")

    def update(self, ticket_id: str, fields: dict[str, Any], tag: Optional[str]) -> dict[str, Any]:
        """Changes a ticket, if it still is what `tag` was of."""
        headers = {"If-Match": tag} if tag else {}
        return self._json(self._send("PATCH", _path(ticket_id), json=fields, headers=headers))

    def comment(self, ticket_id: str, text: str, idempotency_key: Optional[str]) -> dict[str, Any]:
        """Adds a comment."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._json(self._send("POST", f"{_path(ticket_id)}/comments", json={"text": text}, headers=headers))

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        repeatable = method == "GET" or "Idempotency-Key" in options.get("headers", {})
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts or not repeatable
            try:
                response = self._http.request(method, path, **options)
            except httpx.TransportError as error:
                if last:
                    raise TicketError(f"{self._http.base_url} cannot be asked: {error or type(error).__name__}") from error
            else:
                if last or response.status_code not in _RETRY_STATUSES:
                    return _checked(response)
            self._sleep(min(10.0, 0.5 * 2 ** (attempt - 1)))
        raise AssertionError("the last attempt returns or raises")

    @staticmethod
    def _json(response: httpx.Response) -> dict[str, Any]:
        try:
            answer = response.json()
        except ValueError as error:
            raise TicketError("the ticket system answered something other than JSON") from error
        if not isinstance(answer, dict):
            raise TicketError("the ticket system answered something other than an object")
        return answer


def _path(ticket_id: str) -> str:
    # An id is data: with a slash or dots inside it must not lead to another resource.
    if ticket_id in ("", ".", ".."):
        raise TicketError(f"`{ticket_id}` is no ticket id")
    return f"tickets/{quote(ticket_id, safe='')}"


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    if response.status_code in (409, 412):
        raise Conflict("the ticket was changed by somebody else")
    try:
        message = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        message = response.reason_phrase
    raise TicketError(f"the ticket system answered {response.status_code}: {message}")


def _field(page: dict[str, Any], name: str, kind: type) -> Any:
    if not isinstance(page.get(name), kind):
        raise TicketError(f"the answer has no `{name}`")
    return page[name]
