"""Anna reads and switches her functions over the API, and keeps and checks her receipts."""

from __future__ import annotations

import pytest
from tests.api.conftest import Caller
from tests.history.stories import Company

from svara.privacy.functions.registry import FUNCTIONS

pytestmark = pytest.mark.django_db


@pytest.mark.claim("K2-2")
@pytest.mark.claim("K2-3")
def test_all_functions_are_listed_with_purpose_and_version_and_are_off(acme: Company) -> None:
    items = Caller(acme.anna).get("/me/functions")["items"]
    assert [item["key"] for item in items] == list(FUNCTIONS)
    for item in items:
        assert (item["enabled"], item["state"], item["since"], item["receipt"]) == (False, "off", None, None)
        assert item["purpose"]
        assert item["text_version"] >= 1
    assert {item["key"]: item["available"] for item in items}["caller_lookup"] is False


@pytest.mark.claim("PHO-1")
@pytest.mark.claim("ADV-13")
def test_switching_gives_a_receipt_that_can_be_checked_until_it_is_withdrawn(acme: Company) -> None:
    anna = Caller(acme.anna)
    receipt = anna.send("put", "/me/functions/statistics", {"enabled": True}).json()
    assert receipt["schema_version"] == "ISO/IEC TS 27560:2023"
    assert receipt["events"][0]["event_state"] == "dpv:ConsentGiven"
    state = {item["key"]: item for item in anna.get("/me/functions")["items"]}["statistics"]
    assert (state["enabled"], state["receipt"]) == (True, receipt["receipt_id"])
    assert anna.get(f"/me/consents/{receipt['receipt_id']}") == receipt
    assert anna.send("post", "/receipts/verify", receipt).json()["in_force"] is True
    anna.send("put", "/me/functions/statistics", {"enabled": False})
    verdict = anna.send("post", "/receipts/verify", receipt).json()
    assert (verdict["outcome"], verdict["in_force"]) == ("genuine", False)
    decisions = anna.get("/me/consents")["items"]
    assert [(each["function"], each["decision"]) for each in decisions] == [
        ("statistics", "withdrawn"),
        ("statistics", "given"),
    ]
    assert anna.send("delete", "/me/functions/statistics/collected").json() == {"erased": 0}


def test_a_forged_receipt_and_one_of_another_company_are_refused(acme: Company, globex: Company) -> None:
    receipt = Caller(globex.anna).send("put", "/me/functions/statistics", {"enabled": True}).json()
    anna = Caller(acme.anna)
    for forged in (receipt, {**receipt, "pii_principal_id": f"person:{acme.anna.id}"}, {}, {"proof": {"proofValue": "z"}}):
        assert anna.send("post", "/receipts/verify", forged).json()["outcome"] == "forged"
    for stranger in (anna, Caller(globex.bob)):
        stranger.get(f"/me/consents/{receipt['receipt_id']}", status=404)


def test_what_cannot_be_switched(acme: Company) -> None:
    anna = Caller(acme.anna)
    refused = anna.send("put", "/me/functions/caller_lookup", {"enabled": True})
    assert (refused.status_code, refused.json()["error_id"]) == (409, "not-installed")
    assert anna.send("put", "/me/functions/caller_lookup", {"enabled": False}).status_code == 200
    assert anna.send("put", "/me/functions/mind_reading", {"enabled": True}).status_code == 404
    assert anna.send("delete", "/me/functions/mind_reading/collected").status_code == 404
    assert anna.send("put", "/me/functions/statistics", {"on": True}).status_code == 400
