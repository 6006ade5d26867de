"""Phones that set themselves up, over the API: administrators for all, others for themselves, nobody for another company."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import Caller, ScriptedBus
from tests.history.stories import Company

from svara.calls.commands import ForgetPhone
from svara.people.models import Account, Handset, Phone

MAC = "00:15:65:AA:BB:CC"


def added(caller: Caller, **wish: Any) -> Any:
    response = caller.send("post", "/handsets", {"maker": "yealink", "mac": MAC, "person": "bob"} | wish)
    assert response.status_code == 201, response.content
    return response.json()


def test_an_administrator_adds_lists_and_takes_away(acme: Company, bus: ScriptedBus) -> None:
    anna = Caller(acme.anna)
    issued = added(anna)
    phone = issued["handset"]
    assert (phone["person"], phone["maker"], phone["mac"], phone["state"]) == ("bob", "yealink", "001565aabbcc", "awaited")
    assert issued["address"].endswith(f"/provision/{issued['token']}/")
    assert anna.get("/handsets")["items"] == [phone]
    assert anna.get(f"/handsets/{phone['id']}") == phone
    assert issued["token"] not in str(anna.get("/handsets")), "shown once"
    assert anna.get("/handsets", mine="true") == {"items": []}

    again = anna.send("post", f"/handsets/{phone['id']}/token").json()
    assert again["token"] != issued["token"]
    assert anna.send("post", f"/handsets/{phone['id']}/open").json()["state"] == "open"
    assert anna.send("post", f"/handsets/{phone['id']}/revoke").status_code == 204
    assert anna.get(f"/handsets/{phone['id']}")["state"] == "shut-out"
    assert anna.send("delete", f"/handsets/{phone['id']}").status_code == 204
    assert not Handset.of(acme.anna).exists()
    assert not Phone.of(acme.anna).filter(login=phone["login"]).exists()
    assert [one for one in bus.asked if isinstance(one, ForgetPhone)] == [ForgetPhone(phone["login"])] * 2


def test_a_softphone_s_address_is_a_file(acme: Company) -> None:
    issued = added(Caller(acme.anna), maker="linphone", mac=None)
    assert issued["address"].endswith(f"{issued['token']}/linphone.xml")
    assert issued["handset"]["mac"] is None


def test_others_have_their_own_where_the_company_allows_it(acme: Company) -> None:
    theirs = added(Caller(acme.anna))["handset"]["id"]
    bob, dag = Caller(acme.bob), Caller(acme.dag)
    assert [one["id"] for one in bob.get("/handsets")["items"]] == [theirs]
    assert dag.get("/handsets") == {"items": []}
    wish = {"maker": "baresip"}
    assert bob.send("post", "/handsets", wish).status_code == 403
    assert bob.send("post", f"/handsets/{theirs}/revoke").status_code == 404
    acme.tenant.own_phones = True
    acme.tenant.save()
    bob, dag = (Caller(Account.of(acme.tenant).get(pk=one.id)) for one in (acme.bob, acme.dag))
    own = bob.send("post", "/handsets", wish | {"clear": True})
    assert own.status_code == 201
    assert not own.json()["handset"]["clear"], "that is for administrators alone"
    for what in ("token", "revoke", "open"):
        assert dag.send("post", f"/handsets/{theirs}/{what}").status_code == 404
    assert dag.send("delete", f"/handsets/{theirs}").status_code == 404
    dag.get(f"/handsets/{theirs}", 404)
    assert dag.send("post", "/handsets", wish | {"person": "bob"}).status_code == 403
    assert bob.send("post", f"/handsets/{theirs}/open").status_code == 403
    assert bob.send("post", f"/handsets/{theirs}/revoke").status_code == 204


@pytest.mark.parametrize("what", ["token", "open", "revoke", ""])
def test_phones_of_another_company_do_not_exist(acme: Company, globex: Company, what: str) -> None:
    theirs = added(Caller(globex.anna))["handset"]["id"]
    anna = Caller(acme.anna)
    assert anna.get("/handsets") == {"items": []}
    anna.get(f"/handsets/{theirs}", 404)
    path = f"/handsets/{theirs}"
    assert anna.send(*(("post", f"{path}/{what}") if what else ("delete", path))).status_code == 404
    assert Handset.of(globex.anna).get().token_hash is not None


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"mac": "not a mac"}, 400),
        ({"maker": "nokia"}, 400),
        ({"person": "nobody"}, 404),
        ({"login": "nobody-s"}, 404),
    ],
)
def test_what_cannot_be_added(acme: Company, wish: dict[str, str], status: int) -> None:
    anna = Caller(acme.anna)
    response = anna.send("post", "/handsets", {"maker": "yealink", "mac": MAC, "person": "bob"} | wish)
    assert response.status_code == status, response.content
    assert anna.get("/handsets") == {"items": []}


def test_a_phone_is_shut_out_also_while_the_calls_process_is_away(acme: Company, bus: ScriptedBus) -> None:
    anna = Caller(acme.anna)
    phone = added(anna)["handset"]["id"]
    bus.calls_up = False
    assert anna.send("post", f"/handsets/{phone}/revoke").status_code == 204
