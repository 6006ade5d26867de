"""Every error is a problem document, and says nothing that it should not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from tests.api.conftest import Caller, ScriptedBus
from tests.history.stories import Company

from svara.api.auth import FAILURES
from svara.people import access
from svara.people.actions import do_revoke_token
from svara.web.limits import MAX_BODY_BYTES
from svara.web.live import Live


def assert_problem(response: Any, status: int, error_id: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document = json.loads(response.content)
    assert (document["status"], document["error_id"]) == (status, error_id)
    assert {"type", "title", "detail"} <= document.keys()
    return document


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Basic YTpi", "Bearer"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/me"),
        ("get", "/people"),
        ("put", "/me/presence"),
        ("get", "/calls"),
        ("get", "/calls/x"),
        ("post", "/calls"),
        ("post", "/calls/x/hangup"),
        ("get", "/events"),
    ],
)
def test_without_a_valid_token_there_is_nothing(acme: Company, method: str, path: str, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    client = Client(enforce_csrf_checks=True)
    response = getattr(client, method)(f"/api/v1{path}", headers=headers)
    assert_problem(response, 401, "not-signed-in")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/", "/api/", "/api/v2/me", "/api/v1/calls/x/y/z", "/api/v1/me/"]
)
def test_paths_that_are_not_there(acme: Company, path: str) -> None:
    client = Caller(acme.anna).client
    assert_problem(client.get(path), 404, "not-found")
    assert_problem(client.post(path), 404, "not-found")


def test_methods_that_are_not_there(acme: Company) -> None:
    response = Caller(acme.anna).client.delete("/api/v1/calls")
    assert_problem(response, 405, "method-not-allowed")
    assert set(response["Allow"].split(", ")) == {"GET", "POST"}
    assert_problem(Caller(acme.anna).client.post("/api/v1/healthz"), 405, "method-not-allowed")


def test_head_is_get_without_the_body(acme: Company, mirror: Live) -> None:
    anna = Caller(acme.anna)
    for path in ("/healthz", "/me", "/calls", "/events"):
        response = anna.client.head(f"/api/v1{path}")
        assert (response.status_code, response.content) == (200, b""), path
    assert mirror.streams == 0
    assert_problem(anna.client.delete("/api/v1/healthz"), 405, "method-not-allowed")


@pytest.mark.parametrize(
    "body", ["{", "[]", "null", '"x"', '{"to": 5}', "{}", '{"to": ""}', '{"to": "' + "9" * 201 + '"}', "\xff"]
)
def test_bodies_that_make_no_sense(acme: Company, body: str) -> None:
    response = Caller(acme.anna).client.post("/api/v1/calls", body, content_type="application/json")
    assert_problem(response, 400, "invalid-request")


def test_a_body_over_one_mebibyte(acme: Company) -> None:
    body = json.dumps({"to": "1" * MAX_BODY_BYTES})
    response = Caller(acme.anna).client.post("/api/v1/calls", body, content_type="application/json")
    assert_problem(response, 413, "too-large")


def test_a_fault_of_ours_tells_nothing(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_args: object) -> None:
        raise RuntimeError("the password of Anna is tulip")

    monkeypatch.setattr(access, "my_phones", breaks)
    response = Caller(acme.anna).client.get("/api/v1/me")
    assert_problem(response, 500, "internal")
    assert b"tulip" not in response.content
    assert b"Traceback" not in response.content


def test_guessing_tokens_is_slowed_down_and_nobody_else(acme: Company) -> None:
    anna, guesser = Caller(acme.anna), Client()
    allowed = int(FAILURES.split("/")[0])
    statuses = [guesser.get("/api/v1/me", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(allowed + 1)]
    assert statuses == [401] * allowed + [429]
    refused = guesser.get("/api/v1/me", headers={"Authorization": "Bearer x"})
    assert_problem(refused, 429, "too-many-requests")
    assert int(refused["Retry-After"]) > 0
    assert anna.get("/me"), "from the same address, with a valid token"


def test_one_person_cannot_start_calls_without_end(acme: Company, bus: ScriptedBus, monkeypatch: pytest.MonkeyPatch) -> None:
    from svara.api.calls import start

    for throttle in start._ninja_operation.throttle_objects:
        monkeypatch.setattr(throttle, "num_requests", 3)
    anna, bob = Caller(acme.anna), Caller(acme.bob)
    assert [anna.send("post", "/calls", {"to": "102"}).status_code for _ in range(4)] == [202, 202, 202, 429]
    assert bob.send("post", "/calls", {"to": "101"}).status_code == 202


def test_a_revoked_token_is_worth_nothing(acme: Company) -> None:
    anna = Caller(acme.anna)
    assert anna.get("/me")
    do_revoke_token(acme.anna, access.my_tokens(acme.anna)[0].id)
    assert anna.get("/me", status=401)["error_id"] == "not-signed-in"
