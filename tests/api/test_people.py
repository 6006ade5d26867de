"""The directory and one's own presence, over the API."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from tests.api.conftest import Caller, news
from tests.history.stories import NOON, Company

from svara.calls.commands import PersonPresence
from svara.people.models import Phone
from svara.web.live import Live


@pytest.mark.claim("PHO-6")
def test_the_directory_shows_who_can_be_reached(acme: Company, globex: Company, mirror: Live) -> None:
    here = PersonPresence(acme.tenant.id, acme.bob.id, "in-call", phones_online=2, since=NOON)
    mirror.take(news("presence.changed", here))
    people = Caller(acme.dag).get("/people")["items"]
    assert [(one["username"], one["presence"]) for one in people] == [
        ("anna", "offline"),
        ("bob", "in-call"),
        ("cecilie", "offline"),
        ("dag", "offline"),
    ]
    assert people[1] == {
        "id": acme.bob.id,
        "username": "bob",
        "name": "Bob Lie",
        "email": "bob@acme.test",
        "extension": "102",
        "presence": "in-call",
        "presence_since": "2026-10-30T12:00:00+01:00",
        "phones_online": 2,
    }
    assert {one["email"].split("@")[1] for one in Caller(globex.bob).get("/people")["items"]} == {"globex.test"}


@pytest.mark.claim("PHO-6")
@pytest.mark.claim("ADV-2")
def test_who_hides_cannot_be_told_from_one_who_went_home(acme: Company, mirror: Live) -> None:
    response = Caller(acme.bob).send("put", "/me/presence", {"choice": "available", "presence_to": "nobody"})
    assert (response.status_code, response.json()["presence_to"]) == (200, "nobody")
    here = PersonPresence(acme.tenant.id, acme.bob.id, "in-call", phones_online=2, since=NOON, seen_by=())
    mirror.take(news("presence.changed", here))
    seen = ("presence", "presence_since", "phones_online")
    shown = {one["username"]: [one[key] for key in seen] for one in Caller(acme.anna).get("/people")["items"]}
    assert shown["bob"] == shown["dag"] == ["offline", None, 0]
    assert Caller(acme.bob).get("/me")["presence"] == "in-call"
    assert Caller(acme.bob).send("put", "/me/presence", {"choice": "available"}).json()["presence_to"] == "nobody"
    assert Caller(acme.bob).send("put", "/me/presence", {"choice": "away", "presence_to": "me"}).status_code == 400
    acme.tenant.presence_to = "colleagues"
    acme.tenant.save()
    response = Caller(acme.bob).send("put", "/me/presence", {"choice": "available", "presence_to": "company"})
    assert response.json()["presence_to"] == "colleagues"


@pytest.mark.claim("ADV-2")
def test_search(acme: Company) -> None:
    dag = Caller(acme.dag)
    assert [one["username"] for one in dag.get("/people", search="moe")["items"]] == ["cecilie"]
    assert [one["username"] for one in dag.get("/people", search="102")["items"]] == ["bob"]
    assert dag.get("/people", search="\0' OR 1=1 --")["items"] == []


def test_my_own_profile(acme: Company) -> None:
    Phone.all_tenants.create(tenant=acme.tenant, account=acme.anna, login="acme-anna", ha1={"MD5": "secret-hash"})
    found = Caller(acme.anna).get("/me")
    assert (found["username"], found["roles"], found["choice"]) == ("anna", ["admin", "member"], "available")
    assert found["phones"] == [{"login": "acme-anna", "label": ""}]
    assert (found["tenant"]["slug"], found["tenant"]["timezone"]) == ("acme", "Europe/Oslo")
    assert "secret-hash" not in json.dumps(found)


def test_choosing_what_others_see(acme: Company, globex: Company) -> None:
    response = Caller(acme.bob).send("put", "/me/presence", {"choice": "dnd"})
    assert (response.status_code, response.json()["choice"]) == (200, "dnd")
    acme.bob.refresh_from_db()
    globex.bob.refresh_from_db()
    assert (acme.bob.choice, globex.bob.choice) == ("dnd", "available")
    refused = Caller(acme.bob).send("put", "/me/presence", {"choice": "asleep"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "choice")


def test_a_signed_in_browser_needs_no_token_but_the_csrf_token_to_change_something(acme: Company) -> None:
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(acme.bob)
    assert browser.get("/api/v1/me").json()["username"] == "bob"
    wish = json.dumps({"choice": "away"})
    refused = browser.put("/api/v1/me/presence", wish, content_type="application/json")
    assert (refused.status_code, refused.json()["error_id"]) == (403, "csrf")
    browser.cookies["csrftoken"] = "a" * 32
    allowed = browser.put("/api/v1/me/presence", wish, content_type="application/json", headers={"X-CSRFToken": "a" * 32})
    assert allowed.status_code == 200


def test_a_wrong_token_is_not_saved_by_a_session(acme: Company) -> None:
    browser = Client()
    browser.force_login(acme.bob)
    assert browser.get("/api/v1/me", headers={"Authorization": "Bearer svara_wrong"}).status_code == 401
