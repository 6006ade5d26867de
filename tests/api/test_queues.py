"""Queues over the API: who sees what, and logging in and out."""

from __future__ import annotations

import time

import msgspec
import pytest
from tests.api.conftest import Caller, ScriptedBus
from tests.history.stories import Company

from svara.calls.commands import (
    AskQueues,
    Done,
    KeepPlace,
    QueueMember,
    Queues,
    QueueState,
    Refused,
    Request,
    SetAgent,
    WaitingCaller,
)
from svara.calls.events import Party


@pytest.fixture
def support(acme: Company, bus: ScriptedBus) -> list[Request]:
    """One caller from Oslo waits, Bob keeps his place, Anna pauses; gives what was asked of the calls process."""
    came = time.time() - 40
    line = (
        WaitingCaller("c1", 1, came, Party("+4722000001", "Kari"), offered=True),
        WaitingCaller("c2", 2, came + 10, acme.party("bob"), kept_for="102"),
    )
    members = (
        QueueMember(acme.anna.id, "paused", "lunch", came, 7),
        QueueMember("somebody who left", "available"),
        QueueMember(acme.dag.id, "available", "", came),
    )
    queues = (QueueState("q1", "support", "600", 2, line, members, 90.0), QueueState("q2", "sales"))

    def answer(request: Request) -> msgspec.Struct:
        match request:
            case AskQueues(tenant=acme.tenant.id, name=name):
                return Queues(tuple(one for one in queues if name in (None, one.name)))
            case SetAgent(tenant=acme.tenant.id, queue="support"):
                return Done()
            case KeepPlace(tenant=acme.tenant.id, call="c1", number=number):
                return Refused("invalid", "that number cannot be called back") if number == "+900" else Done()
        return Refused("not-found", "no")

    bus.answer = answer
    return bus.asked


def test_a_member_sees_who_waits(support: list[Request], acme: Company) -> None:
    queue = Caller(acme.anna).get("/queues/support")
    first, second = queue["waiting"]
    assert (first["id"], first["position"], first["from"], first["from_name"]) == ("c1", 1, "+4722000001", "Kari")
    assert 40 <= first["wait_seconds"] < 60
    assert (first["ringing"], first["called_back"], second["called_back"]) == (True, False, True)
    assert (second["from_name"], second["from_person"]) == ("Bob Lie", "bob")
    assert first["since"].endswith(("+01:00", "+02:00"))
    assert (queue["name"], queue["extension"], queue["waiting_count"]) == ("support", "600", 2)
    assert queue["expected_wait_seconds"] == 90
    assert queue["longest_wait_seconds"] == pytest.approx(first["wait_seconds"], abs=1)
    assert [(one["username"], one["state"], one["reason"], one["calls"]) for one in queue["members"]] == [
        ("anna", "paused", "lunch", 7),
        ("dag", "available", "", 0),
    ]


def test_a_colleague_who_is_no_member_sees_that_somebody_waits_but_not_who(support: list[Request], acme: Company) -> None:
    text = str(queue := Caller(acme.bob).get("/queues")["items"][0])
    assert [one["position"] for one in queue["waiting"]] == [1, 2]
    assert "Kari" not in text
    assert "+4722000001" not in text
    assert "lunch" not in text


def test_all_queues_and_none_of_that_name(support: list[Request], acme: Company) -> None:
    assert [one["name"] for one in Caller(acme.bob).get("/queues")["items"]] == ["support", "sales"]
    assert Caller(acme.bob).get("/queues/nowhere", 404)["error_id"] == "not-found"


@pytest.mark.claim("PHO-5")
def test_log_in_pause_and_log_out(support: list[Request], acme: Company) -> None:
    anna = Caller(acme.anna)
    response = anna.send("put", "/queues/support/members/me", {"state": "paused", "reason": "lunch"})
    assert response.status_code == 200
    assert response.json() == anna.get("/queues/support")["members"][0]
    assert support[0] == SetAgent(acme.tenant.id, acme.anna.id, "paused", "lunch", "support")
    for state in ("available", "logged-out"):
        assert anna.send("put", "/queues/support/members/me", {"state": state}).status_code == 200
    assert anna.send("put", "/queues/support/members/me", {"state": "ringing"}).status_code == 400
    assert anna.send("put", "/queues/support/members/me", {"state": "paused", "reason": "x" * 101}).status_code == 400
    assert anna.send("put", "/queues/sales/members/me", {"state": "available"}).status_code == 404


def test_a_waiting_caller_is_promised_a_call_back(support: list[Request], acme: Company) -> None:
    path = "/queues/support/waiting/c1/keep"
    for person in (acme.anna, acme.dag):
        assert Caller(person).send("post", path, {"number": "+4790000001"}).status_code == 204
    assert support[-1] == KeepPlace(acme.tenant.id, "c1", "+4790000001")
    assert Caller(acme.anna).send("post", path, {}).status_code == 204
    assert support[-1] == KeepPlace(acme.tenant.id, "c1", "")
    refused = Caller(acme.anna).send("post", path, {"number": "+900"})
    assert (refused.status_code, refused.json()["detail"]) == (409, "That number cannot be called back.")
    asked = len([one for one in support if isinstance(one, KeepPlace)])
    for person, where in (
        (acme.bob, path),
        (acme.anna, "/queues/support/waiting/c9/keep"),
        (acme.anna, "/queues/sales/waiting/c1/keep"),
    ):
        assert Caller(person).send("post", where, {}).status_code == 404
    assert len([one for one in support if isinstance(one, KeepPlace)]) == asked


def test_another_company_sees_nothing(support: list[Request], acme: Company, globex: Company) -> None:
    stranger = Caller(globex.anna)
    response = stranger.send("put", "/queues/support/members/me", {"state": "paused"})
    assert response.status_code == 404
    assert {request.tenant for request in support if not isinstance(request, str)} == {globex.tenant.id}  # type: ignore[union-attr]


def test_the_calls_process_is_away(acme: Company, bus: ScriptedBus) -> None:
    bus.calls_up = False
    assert Caller(acme.anna).get("/queues", 503)["error_id"] == "calls-unavailable"
