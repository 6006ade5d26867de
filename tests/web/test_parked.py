"""Who is parked stands on the start page, for the own company."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.test import Client
from tests.web.office import Company

from svara.calls.commands import Answer, AskParked, ParkedCall, ParkedCalls
from svara.calls.events import Party
from svara.people import administration, snapshot
from svara.people.models import Tenant
from svara.people.office import Parking
from svara.web.pages import parked

SignedIn = Callable[[Company, str], Client]


def shown(browser: Client) -> str:
    answer = browser.get("/parked/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_everybody_of_the_company_sees_who_is_parked_and_can_take_them(
    acme: Company, beta: Company, browser_of: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    kari = ParkedCall(
        "801", "c1", Party(number="+4722000001"), Party(number="102", name="Bob Lund"), time.time(), time.time()
    )

    async def ask(request: AskParked) -> Answer | None:
        return ParkedCalls((kari,) if request.tenant == acme.tenant.id else ())

    monkeypatch.setattr(parked, "ask", ask)
    page = shown(browser_of(acme, "dag"))
    assert "801: +4722000001" in page
    assert "by Bob Lund" in page
    assert 'name="to" value="801"' in page
    assert 'hx-get="/parked/"' in browser_of(acme, "dag").get("/").content.decode()
    assert shown(browser_of(beta, "anna")).strip() == ""

    async def away(_request: AskParked) -> None:
        return None

    monkeypatch.setattr(parked, "ask", away)
    assert shown(browser_of(acme, "dag")).strip() == ""


def test_anna_says_where_callers_are_parked(acme: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    place = "/administration/parking/"
    assert anna.get(place).status_code == 200
    answer = anna.post(place, {"extensions": "801-803", "seconds": "90"}, follow=True)
    assert "Saved" in answer.content.decode()
    assert Tenant.objects.get(pk=acme.tenant.pk).parking == {"extensions": "801-803", "seconds": 90}
    [tenant] = [one for one in snapshot.build(1).tenants if one.slug == "acme"]
    assert tenant.parking == Parking(("801", "802", "803"), 90.0)
    assert tenant.target_by_extension["802"] == "park:802"
    newest = administration.access_changes(acme["anna"])[0]
    anna.post(f"/administration/changes/{newest.id}/undo/")
    assert Tenant.objects.get(pk=acme.tenant.pk).parking == {}
    for wrong in ("8", "801-9999", "803-801", "eight", "101-103"):
        refused = anna.post(place, {"extensions": wrong})
        assert refused.status_code == 422, wrong
    assert "Give a row of extensions" in anna.post(place, {"extensions": "eight"}).content.decode()
    anna.post(place, {"extensions": "801"})
    anna.post(place, {"extensions": ""})
    assert Tenant.objects.get(pk=acme.tenant.pk).parking == {}
    assert browser_of(acme, "bob").get(place).status_code == 403
    assert browser_of(acme, "bob").post(place, {"extensions": "801"}).status_code == 403


def test_keys_for_places_go_with_the_places(acme: Company, browser_of: SignedIn) -> None:
    anna, place = browser_of(acme, "anna"), "/administration/parking/"
    anna.post(place, {"extensions": "801-802"})
    assert 'value="park:802"' in browser_of(acme, "bob").get("/profile/keys/").content.decode()
    administration.do_change_own(acme["bob"], {"keys": [{"to": "park:801"}, {"to": "park:802"}]})
    assert [key["to"] for key in administration.access_own(acme["bob"])[0]["keys"]] == ["park:801", "park:802"]
    assert anna.post(place, {"extensions": "802-803"}).status_code == 302
    assert [key["to"] for key in administration.access_own(acme["bob"])[0]["keys"]] == ["park:802"]


def test_anna_puts_people_into_groups(acme: Company, browser_of: SignedIn) -> None:
    anna = browser_of(acme, "anna")
    answer = anna.post(
        "/administration/people/item/bob/", {"name": "Bob Lund", "roles.agent": "on", "pickup": "sales, reception"}
    )
    assert answer.status_code == 302
    [tenant] = [one for one in snapshot.build(1).tenants if one.slug == "acme"]
    assert tenant.by_username["bob"].pickup == ("reception", "sales")
    assert anna.post("/administration/people/item/bob/", {"name": "Bob Lund", "pickup": "No Way!"}).status_code == 422
