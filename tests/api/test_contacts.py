"""One's own contacts over the API: Bob's programs list, add, change and delete his, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.api.conftest import Caller
from tests.history.stories import Company

from svara.contacts.models import Contact

KARI = {"name": "Kari Nordmann", "numbers": [{"number": "22 00 00 01", "kind": "work"}], "mail": "kari@n.example"}


def send(caller: Caller, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    answer = caller.send(method, path, body)
    assert answer.status_code == status, answer.content
    return json.loads(answer.content) if answer.content else None


@pytest.fixture
def bob(acme: Company) -> Caller:
    return Caller(acme.bob)


@pytest.mark.claim("ADV-14")
def test_bob_adds_reads_changes_and_deletes(bob: Caller) -> None:
    made = send(bob, "post", "/contacts", KARI, status=201)
    assert made["numbers"] == [{"number": "+4722000001", "kind": "work"}]
    assert (made["organisation"], made["note"]) == ("", "")
    assert bob.get(f"/contacts/{made['id']}") == made
    assert bob.get("/contacts") == {"items": [made], "next": None}
    changed = send(bob, "put", f"/contacts/{made['id']}", {"name": "Kari N.", "note": "Tea"})
    assert (changed["name"], changed["numbers"], changed["mail"], changed["note"]) == ("Kari N.", [], "", "Tea")
    send(bob, "delete", f"/contacts/{made['id']}", status=204)
    assert bob.get("/contacts")["items"] == []
    assert bob.get(f"/contacts/{made['id']}", 404)["error_id"] == "not-found"
    assert send(bob, "post", f"/contacts/{made['id']}/restore")["name"] == "Kari N."
    assert send(bob, "post", f"/contacts/{made['id']}/restore", status=404)["error_id"] == "not-found"
    assert Contact.all_tenants.get().source == "api"


def test_pages_and_search(bob: Caller) -> None:
    for name in ("Anders", "Berit", "Carl"):
        send(bob, "post", "/contacts", {"name": name}, status=201)
    first = bob.get("/contacts", limit=2)
    assert [each["name"] for each in first["items"]] == ["Anders", "Berit"]
    rest = bob.get("/contacts", limit=2, cursor=first["next"])
    assert ([each["name"] for each in rest["items"]], rest["next"]) == (["Carl"], None)
    assert [each["name"] for each in bob.get("/contacts", search="ber")["items"]] == ["Berit"]
    assert bob.get("/contacts", 400, cursor="x")["error_id"] == "invalid-request"


def test_what_cannot_be_kept_is_refused_in_plain_words(bob: Caller) -> None:
    def refused(**wish: Any) -> dict[str, Any]:
        answer: dict[str, Any] = send(bob, "post", "/contacts", wish, status=400)
        assert answer["error_id"] == "invalid-request"
        return answer

    assert refused()["detail"] == "Give a name or a number."
    assert "no telephone number" in refused(name="K", numbers=[{"number": "call me"}])["detail"]
    assert refused(name="x" * 201)["errors"]
    assert refused(name="x", numbers=[{"number": "1", "kind": "pager"}])["errors"]


def test_nobody_else_has_them(acme: Company, globex: Company, bob: Caller) -> None:
    made = send(bob, "post", "/contacts", KARI, status=201)
    for stranger in (Caller(acme.anna), Caller(acme.cecilie), Caller(globex.bob)):
        assert stranger.get("/contacts") == {"items": [], "next": None}
        stranger.get(f"/contacts/{made['id']}", 404)
        send(stranger, "put", f"/contacts/{made['id']}", KARI, status=404)
        send(stranger, "delete", f"/contacts/{made['id']}", status=404)
        send(stranger, "post", f"/contacts/{made['id']}/restore", status=404)
