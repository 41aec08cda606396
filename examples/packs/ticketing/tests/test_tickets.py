"""The actions against a ticket system in memory."""

import json
import os
import subprocess
import sys

import httpx
import pytest

from ticketing import action, lifecycle

from .conftest import PACK


def test_a_ticket_is_created(act, system):
    result = act("create_ticket", title="Disk full", priority="high", labels=["disk"])
    assert result["created"]
    assert result["ticket"]["id"] == "T-1"
    assert system.tickets["T-1"]["labels"] == ["disk"]
    assert system.requests[0].headers["Authorization"] == "Bearer t"
    assert system.requests[0].url.path == "/api/tickets"


def test_the_same_key_finds_the_open_ticket(act, system):
    first = act("create_ticket", title="Disk full", dedup_key="disk:web1")
    again = act("create_ticket", title="Disk still full", dedup_key="disk:web1")
    assert (again["created"], again["ticket"]["id"]) == (False, first["ticket"]["id"])
    assert len(system.tickets) == 1


def test_a_ticket_in_progress_counts_as_open(act, system):
    act("create_ticket", title="x", dedup_key="k")
    system.tickets["T-1"]["state"] = "in_progress"
    assert not act("create_ticket", title="x", dedup_key="k")["created"]


def test_a_write_with_a_key_is_sent_again(act, system):
    act("search_tickets")
    system.troubles = [httpx.Response(200, json={"items": []})] * 2 + [httpx.ReadTimeout("slow"), httpx.Response(503)]
    assert act("create_ticket", title="x", dedup_key="k")["created"]
    assert len(system.tickets) == 1


def test_a_write_without_a_key_is_sent_once(act, system):
    system.troubles = [httpx.ReadTimeout("slow")]
    with pytest.raises(action.ActionError, match="slow"):
        act("create_ticket", title="x")
    assert len(system.requests) == 1


def test_a_search_reads_every_page(act, system):
    for number in range(5):
        act("create_ticket", title=f"n{number}")
    system.requests.clear()
    result = act("search_tickets", state="open")
    assert [ticket["title"] for ticket in result["tickets"]] == ["n0", "n1", "n2", "n3", "n4"]
    assert result["by_state"] == {"open": 5}
    assert len(system.requests) == 3


def test_a_search_stops_at_its_limit(act, system):
    for number in range(5):
        act("create_ticket", title=f"n{number}")
    system.requests.clear()
    assert act("search_tickets", limit=3)["count"] == 3
    assert len(system.requests) == 2


def test_a_search_that_never_ends_is_ended(act, system):
    system.troubles = [httpx.Response(200, json={"items": [], "next_cursor": "0"})] * 1000
    with pytest.raises(action.ActionError, match="did not end"):
        act("search_tickets")


def test_a_read_is_retried_and_gives_up(act, system):
    system.troubles = [httpx.Response(503), httpx.ConnectError("refused")]
    assert act("search_tickets")["count"] == 0
    system.troubles = [httpx.ConnectError("refused")] * 3
    with pytest.raises(action.ActionError, match="refused"):
        act("search_tickets")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"items": "none"}),
        httpx.Response(401, json={"error": "token expired"}),
        httpx.Response(500, text="oops"),
    ],
)
def test_answers_that_make_no_sense_are_refused(act, system, answer):
    system.troubles = [answer]
    with pytest.raises(action.ActionError):
        act("search_tickets")


def test_a_comment(act, system):
    act("create_ticket", title="x")
    assert act("comment_ticket", ticket_id="T-1", text="looking")["comment"]["number"] == 1
    assert system.tickets["T-1"]["comments"] == ["looking"]


def test_an_id_cannot_lead_to_another_resource(act, system):
    with pytest.raises(action.ActionError):
        act("comment_ticket", ticket_id="../users/1", text="x")
    assert system.requests[-1].url.raw_path == b"/api/tickets/..%2Fusers%2F1/comments"
    with pytest.raises(action.ActionError, match="no ticket id"):
        act("comment_ticket", ticket_id="..", text="x")


def test_a_ticket_goes_through_the_states_between(act, system):
    act("create_ticket", title="x")
    result = act("transition_ticket", ticket_id="T-1", state="closed")
    assert result["steps"] == ["in_progress", "resolved", "closed"]
    assert system.tickets["T-1"]["state"] == "closed"


def test_a_ticket_that_is_there_already_stays(act, system):
    act("create_ticket", title="x")
    assert act("transition_ticket", ticket_id="T-1", state="open")["steps"] == []
    assert system.tickets["T-1"]["version"] == 1


def test_a_lost_race_starts_over_from_the_new_state(act, system):
    act("create_ticket", title="x")
    system.before_patch = [lambda ticket: ticket.update(state="in_progress", version=7)]
    assert act("transition_ticket", ticket_id="T-1", state="resolved")["steps"] == ["resolved"]


def test_a_fight_is_given_up(act, system):
    act("create_ticket", title="x")
    system.before_patch = [lambda ticket: ticket.update(version=ticket["version"] + 1)] * 10
    with pytest.raises(action.ActionError, match="somebody else"):
        act("transition_ticket", ticket_id="T-1", state="resolved")


def test_a_closed_ticket_is_not_opened(act, system):
    act("create_ticket", title="x")
    system.tickets["T-1"]["state"] = "closed"
    with pytest.raises(action.ActionError, match="no way leads"):
        act("transition_ticket", ticket_id="T-1", state="open")


@pytest.mark.parametrize(
    ("source", "target", "way"),
    [
        ("open", "open", []),
        ("open", "resolved", ["in_progress", "resolved"]),
        ("resolved", "open", ["in_progress", "open"]),
    ],
)
def test_routes(source, target, way):
    assert lifecycle.route(source, target) == way


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("create_ticket", {}),
        ("create_ticket", {"title": "x", "priority": "soon"}),
        ("create_ticket", {"title": "x", "base_url": "ftp://x"}),
        ("search_tickets", {"limit": 0}),
        ("comment_ticket", {"ticket_id": "T-1"}),
        ("transition_ticket", {"ticket_id": "T-1", "state": "lost"}),
    ],
)
def test_bad_parameters_are_refused(act, system, name, params):
    with pytest.raises(action.ParameterError):
        act(name, **params)
    assert system.requests == []


def test_a_script_without_a_reachable_system_fails_in_one_line():
    done = subprocess.run(
        [sys.executable, str(PACK / "actions" / "search_tickets.py")],
        input=json.dumps({"base_url": "http://127.0.0.1:9", "attempts": 1}),
        env={**os.environ, "PYTHONPATH": str(PACK / "lib")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
