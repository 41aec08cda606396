"""A ticket system in memory, and totals in the simple result format."""

import importlib.util
import json
import pathlib

import httpx
import pytest

PACK = pathlib.Path(__file__).resolve().parent.parent


def pytest_terminal_summary(terminalreporter):
    counts = {name: len(terminalreporter.stats.get(name, [])) for name in ("passed", "failed", "error", "skipped")}
    terminalreporter.write_line(f"Total Tests: {sum(counts.values())}")
    terminalreporter.write_line(f"Passed: {counts['passed']}")
    terminalreporter.write_line(f"Failed: {counts['failed'] + counts['error']}")
    terminalreporter.write_line(f"Skipped: {counts['skipped']}")


class FakeSystem:
    """Behaves as the README says; `troubles` are given out, one per request, before anything else."""

    def __init__(self):
        self.tickets = {}
        self.keys = {}
        self.troubles = []
        self.requests = []
        self.before_patch = []
        self.page_size = 2

    def handle(self, request):
        self.requests.append(request)
        if self.troubles:
            trouble = self.troubles.pop(0)
            if isinstance(trouble, Exception):
                raise trouble
            return trouble
        parts = request.url.path.strip("/").split("/")[1:]
        if parts == ["tickets"]:
            return self.create(request) if request.method == "POST" else self.search(request.url.params)
        ticket = self.tickets.get(parts[1])
        if ticket is None:
            return httpx.Response(404, json={"error": "no such ticket"})
        if len(parts) == 3:
            ticket.setdefault("comments", []).append(json.loads(request.content)["text"])
            return httpx.Response(201, json={"ticket": ticket["id"], "number": len(ticket["comments"])})
        if request.method == "PATCH":
            return self.patch(ticket, request)
        return httpx.Response(200, json=ticket, headers={"ETag": f'"{ticket["version"]}"'})

    def create(self, request):
        key = request.headers.get("Idempotency-Key")
        if key not in self.keys:
            ticket = {"id": f"T-{len(self.tickets) + 1}", "state": "open", "version": 1, **json.loads(request.content)}
            self.tickets[ticket["id"]] = ticket
            if key is None:
                return httpx.Response(201, json=ticket)
            self.keys[key] = ticket
        return httpx.Response(201, json=self.keys[key])

    def search(self, params):
        wanted = {name: params[name] for name in ("state", "dedup_key") if name in params}
        found = [ticket for ticket in self.tickets.values() if wanted.items() <= ticket.items()]
        start = int(params.get("cursor", 0))
        end = start + min(self.page_size, int(params["limit"]))
        return httpx.Response(200, json={"items": found[start:end], "next_cursor": str(end) if end < len(found) else None})

    def patch(self, ticket, request):
        if self.before_patch:
            self.before_patch.pop(0)(ticket)
        if request.headers.get("If-Match") != f'"{ticket["version"]}"':
            return httpx.Response(412)
        ticket.update(json.loads(request.content), version=ticket["version"] + 1)
        return httpx.Response(200, json=ticket)


@pytest.fixture
def system():
    return FakeSystem()


@pytest.fixture
def act(system):
    """act(name, **params): runs an action against the system in memory."""

    def run(name, **params):
        spec = importlib.util.spec_from_file_location(f"actions_{name}", PACK / "actions" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        defaults = {"base_url": "https://tickets.example/api", "token": "t"}
        return module.work({**defaults, **params}, transport=httpx.MockTransport(system.handle))

    return run
