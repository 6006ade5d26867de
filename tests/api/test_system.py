"""How the server tells of itself."""

from __future__ import annotations

import msgspec
import pytest
from django.db import DatabaseError
from django.test import Client
from tests.api.conftest import Caller, ScriptedBus
from tests.history.stories import Company

from svara.api import system
from svara.web.live import Live

FROM_OUTSIDE = "192.0.2.7"


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_jobs", system._Jobs())


def test_healthz_tells_the_state_of_each_part_without_a_token(acme: Company) -> None:
    response = Client().get("/api/v1/healthz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "parts": {
            "web": {"state": "up"},
            "database": {"state": "up"},
            "calls": {"state": "up"},
            "relay": {"state": "up"},
            "voice": {"state": "up"},
            "jobs": {"state": "up", "lag_seconds": 0.05},
        },
    }


def test_a_part_that_is_down_degrades(acme: Company, mirror: Live, bus: ScriptedBus) -> None:
    mirror.health, bus.jobs_up = None, False
    response = Client().get("/api/v1/healthz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert {part for part, state in response.json()["parts"].items() if state["state"] == "down"} == {
        "calls",
        "relay",
        "voice",
        "jobs",
    }


def test_trunks_are_a_part_where_there_are_any(acme: Company, mirror: Live) -> None:
    assert mirror.health is not None
    mirror.health = msgspec.structs.replace(mirror.health, trunks={"up": 2, "unknown": 1, "down": 1})
    answer = Client().get("/api/v1/healthz").json()
    assert answer["status"] == "ok"
    assert answer["parts"]["trunks"] == {"state": "up", "working": 3, "down": 1, "unregistered": 0}
    lines = Client().get("/api/v1/metrics").content.decode().splitlines()
    assert {'svara_trunks{state="up"} 2.0', 'svara_trunks{state="down"} 1.0', 'svara_trunks{state="unregistered"} 0.0'} <= {
        *lines
    }
    mirror.health = msgspec.structs.replace(mirror.health, trunks={"unregistered": 1})
    answer = Client().get("/api/v1/healthz").json()
    assert (answer["status"], answer["parts"]["trunks"]["state"]) == ("degraded", "down")


def test_without_a_database_it_is_down(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def cursor(self) -> None:
            raise DatabaseError

    monkeypatch.setattr(system, "connection", Away())
    response = Client().get("/api/v1/healthz")
    assert (response.status_code, response.json()["status"]) == (503, "down")


def test_metrics_for_a_program_on_this_machine(acme: Company) -> None:
    response = Client().get("/api/v1/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    lines = response.content.decode().splitlines()
    for line in (
        'svara_up{part="calls"} 1.0',
        "svara_calls 3.0",
        "svara_registrations 5.0",
        "svara_calls_total 7.0",
        "svara_history_recorded_total 99.0",
    ):
        assert line in lines


def test_metrics_from_elsewhere_need_an_administrators_token(acme: Company) -> None:
    assert Client().get("/api/v1/metrics", REMOTE_ADDR=FROM_OUTSIDE).status_code == 401
    assert Client(headers={"X-Forwarded-For": FROM_OUTSIDE}).get("/api/v1/metrics").status_code == 401, (
        "through a proxy here"
    )
    assert Caller(acme.bob).client.get("/api/v1/metrics", REMOTE_ADDR=FROM_OUTSIDE).status_code == 403
    assert Caller(acme.anna).client.get("/api/v1/metrics", REMOTE_ADDR=FROM_OUTSIDE).status_code == 200


def test_metrics_hold_nothing_about_anybody(acme: Company) -> None:
    text = Client().get("/api/v1/metrics").content.decode()
    for private in ("anna", "acme", acme.anna.id, acme.tenant.id):
        assert private not in text
