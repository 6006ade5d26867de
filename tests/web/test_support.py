"""Support access as browsers meet it: Olga and Erik of the provider, Anna and Bob of Acme."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from tests.privacy.staff import stories
from tests.privacy.staff.stories import PASSWORD, WHY
from tests.web import office
from tests.web.office import Company
from tests.web.support_stories import addresses, at_the_door, inside, let_in, time_is_over
from tests.web.test_door import OPEN

from svara.people import staffdoor
from svara.privacy.audit.models import Entry
from svara.privacy.audit.port import OPERATOR, record, verify
from svara.privacy.staff import asking, deciding
from svara.privacy.staff.models import Grant, Staff
from svara.privacy.subject import person
from svara.web.visiting import SEES

Browsers = Callable[..., Client]
THEIR_OWN = {
    *("staff-home", "staff-sign-out", "staff-ask", "staff-leave", "staff-step"),
    *("staff-code", "staff-code-new", "staff-code-remove"),
}
SUPPORT_SEES = {
    "/staff/visit/",
    "/administration/",
    "/administration/company/",
    "/administration/people/",
    "/administration/people/item/bob/",
    "/administration/trunks/",
    "/history/",
    "/history/records/",
    "/queues/",
}


@pytest.fixture
def olga(db: None) -> Staff:
    return stories.olga()


@pytest.fixture
def erik(db: None) -> Staff:
    return stories.erik()


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def closed(browser: Client, **values: str) -> None:
    """Every address, by every method, is closed to this browser, but those for anybody and the provider's own."""
    walked = 0
    for name, path in addresses(**values):
        if name in OPEN | THEIR_OWN:
            continue
        for method in ("get", "post", "delete"):
            answer = getattr(browser, method)(path)
            assert answer.status_code in {403, 404}, (method, path, answer.status_code)
            walked += 1
    assert walked > 300


@pytest.mark.claim("ONC-3")
def test_without_a_grant_every_address_is_closed(acme: Company, olga: Staff) -> None:
    closed(at_the_door(olga), section="people", name="bob", slug="acme", username="bob")


@pytest.mark.claim("ONC-3")
def test_when_the_time_is_over_every_address_is_closed_with_the_next_request(acme: Company, erik: Staff) -> None:
    browser, grant = inside(erik, acme, content=True)
    assert browser.get("/history/").status_code == 200
    time_is_over(grant)
    closed(browser, section="people", name="bob", slug="acme", username="bob")


@pytest.mark.claim("ONC-3")
def test_the_grant_of_a_colleague_and_an_invented_one_open_nothing(acme: Company, olga: Staff, erik: Staff) -> None:
    grant = let_in(erik, acme, content=True)
    browser = at_the_door(olga)
    for id_ in (grant.id, "0" * 32, "x", "' OR 1=1"):
        assert browser.post(f"/staff/grants/{id_}/enter/").status_code == 404
    session = browser.session  # a session that somebody forged as far as can be
    session[staffdoor.SESSION] = {**session[staffdoor.SESSION], "visit": grant.id}
    session.save()
    closed(browser, section="people", name="bob", slug="acme", username="bob")


@pytest.mark.claim("ONC-3")
def test_a_grant_of_beta_shows_nothing_of_acme(acme: Company, beta: Company, erik: Staff) -> None:
    call = office.answered(acme, "dag", "bob", ago_seconds=60)
    own = office.answered(beta, "bosse", "anna", ago_seconds=60)
    browser, _grant = inside(erik, beta, content=True)
    assert browser.get(f"/history/{own}/").status_code == 200
    for name, path in addresses(call_id=call, number="0", section="people", name="dag", message_id="a" * 32):
        if name not in SEES:
            continue
        answer = browser.get(path)
        assert answer.status_code in {200, 403 if path.startswith("/api/") else 404, 404}, path
        assert "Dag Vik" not in text(answer), path
        assert "Acme" not in text(answer), path
    assert browser.get(f"/history/{call}/").status_code == 404
    assert browser.get("/administration/people/item/dag/").status_code == 404
    assert not Entry.of(acme.tenant).exists()


@pytest.mark.claim("ONC-3")
def test_whoever_is_inside_changes_nothing_anywhere(acme: Company, erik: Staff) -> None:
    """An engineer with all that a company can allow, and every address that there is."""
    browser, _grant = inside(erik, acme, content=True)
    walked = 0
    for name, path in addresses(section="people", name="bob", slug="acme", person=acme["bob"].id):
        if name in OPEN | THEIR_OWN:
            continue
        for method in ("post", "put", "delete"):
            assert getattr(browser, method)(path).status_code == 403, (method, path)
            walked += 1
    assert walked > 300
    acts = {act for act, what in Entry.of(acme.tenant).values_list("act", "what") if not what.startswith("support-")}
    assert acts <= {"view", "hear"}


def test_support_sees_settings_states_and_records_and_no_more(acme: Company, olga: Staff) -> None:
    call = office.answered(acme, "dag", "bob", ago_seconds=60)
    browser, _grant = inside(olga, acme)
    for path in SUPPORT_SEES:
        assert browser.get(path).status_code == 200, path
    for path in ("/system/", "/administration/changes/", f"/history/{call}/", "/voicemail/", "/statistics/", "/profile/"):
        assert browser.get(path).status_code == 403, path
    for path in ("/administration/privacy/", "/administration/privacy/support/", "/my-data/views/", "/api/v1/me"):
        assert browser.get(path).status_code == 403, path
    page = text(browser.get("/administration/people/item/bob/"))
    assert "/system/" not in page
    assert "data-look-only" in page
    assert "data-live" not in page


def test_an_engineer_sees_diagnostics_and_hears_nothing(acme: Company, erik: Staff) -> None:
    call = office.answered(acme, "dag", "bob", ago_seconds=60)
    browser, _grant = inside(erik, acme)
    for path in (f"/history/{call}/", "/system/", "/administration/changes/", *SUPPORT_SEES):
        assert browser.get(path).status_code == 200, path
    for path in ("/voicemail/", "/voicemail/messages/", f"/history/{call}/recordings/0"):
        assert browser.get(path).status_code == 403, path


def test_an_engineer_who_comes_as_support_is_support(acme: Company, erik: Staff) -> None:
    browser, _grant = inside(erik, acme, role="support")
    assert browser.get("/history/").status_code == 200
    assert browser.get("/system/").status_code == 403


def test_with_content_support_reaches_recordings_and_messages_of_queues(acme: Company, olga: Staff) -> None:
    office.a_message(acme, "bob")
    call = office.answered(acme, "dag", "bob", ago_seconds=60)
    browser, _grant = inside(olga, acme, content=True)
    assert browser.get(f"/history/{call}/").status_code == 200
    assert browser.get(f"/history/{call}/recordings/0").status_code == 404, "there is none, and it was looked for"
    page = text(browser.get("/voicemail/"))
    assert "Kari Nordmann" not in page, "a person's own box stays that person's"
    assert browser.get("/system/").status_code == 403


@pytest.mark.claim("PHO-8")
@pytest.mark.claim("ONC-3")
def test_the_whole_story(acme: Company, olga: Staff, browser_of: Browsers) -> None:
    """Olga asks, Anna lets her look, Bob reads what was seen of him, Anna ends it while Olga looks."""
    anna, bob, browser = browser_of(acme, "anna"), browser_of(acme, "bob"), at_the_door(olga)
    wish = {"company": "acme", "reason": WHY, "minutes": "120", "role": "support"}
    assert "The company is asked" in text(browser.post("/staff/ask/", wish, follow=True))
    [grant] = Grant.all_tenants.all()

    home = text(anna.get("/"))
    assert "asks to look at this company" in home
    assert WHY in home
    assert WHY not in text(bob.get("/"))
    page = text(anna.get("/administration/privacy/support/"))
    assert "Asked for: 120 minutes" in page
    assert anna.post(f"/administration/privacy/support/{grant.id}/approve/").status_code == 302

    assert browser.post(f"/staff/grants/{grant.id}/enter/", follow=True).redirect_chain[-1][0] == "/staff/visit/"
    there = text(browser.get("/administration/people/item/bob/"))
    assert "You are in Acme AS as support of the provider, until" in there.replace("<strong>", "").replace("</strong>", "")

    seen = text(bob.get("/my-data/views/"))
    for words in ("Olga Strand, support of the provider", "Opened your settings in the administration", WHY):
        assert words in seen
    [first, *_rest] = json.loads(bob.get("/api/v1/me/views").content)["items"]
    assert (first["by"], first["by_name"], first["why"]) == ("support", "Olga Strand", WHY)

    banner = text(anna.get("/administration/privacy/support/banner/"))
    assert "may look at this company until" in banner
    listed = text(anna.get("/administration/privacy/support/?part=1"))
    assert "looks now" in listed
    assert "Settings of one person" in listed
    ended = anna.post(f"/administration/privacy/support/{grant.id}/end/", {"next": "/people/"})
    assert ended.url == "/people/"
    assert browser.get("/administration/people/item/bob/").status_code == 403
    assert "may look at this company" not in text(anna.get("/"))
    assert verify(acme.tenant.id) is None


def test_every_page_of_those_who_look_after_the_company_tells_it(acme: Company, olga: Staff, browser_of: Browsers) -> None:
    let_in(olga, acme)
    acme["dag"].roles = ["privacy-officer"]
    acme["dag"].save()
    for username in ("anna", "dag"):
        browser, pages = browser_of(acme, username), 0
        for _name, path in addresses(section="people", name="bob", slug="acme", number="1"):
            if path.startswith("/api/"):
                continue
            answer = browser.get(path)
            page = text(answer)
            if answer.status_code == 200 and "<html" in page and 'class="app"' in page:
                assert "End it now" in page, path
                pages += 1
        assert pages > 20
    assert "End it now" not in text(browser_of(acme, "cecilie").get("/"))


def test_leaving_is_one_click_and_the_grant_stays(acme: Company, olga: Staff) -> None:
    browser, grant = inside(olga, acme)
    assert browser.post("/staff/leave/").url == "/staff/"
    assert browser.get("/history/").status_code == 403
    assert browser.post(f"/staff/grants/{grant.id}/enter/").url == "/staff/visit/"
    assert browser.post(f"/staff/grants/{grant.id}/back/").url == "/staff/"
    assert browser.post(f"/staff/grants/{grant.id}/enter/").status_code == 404


def test_two_windows_are_always_in_the_same_company(acme: Company, beta: Company, olga: Staff) -> None:
    browser, _grant = inside(olga, acme)
    other = let_in(olga, beta)
    assert "Acme AS" in text(browser.get("/staff/visit/"))
    browser.post(f"/staff/grants/{other.id}/enter/")
    first_window = text(browser.get("/history/"))
    assert "Beta AB" in first_window
    assert "Acme" not in first_window


def test_who_is_removed_is_out_with_the_next_request(acme: Company, olga: Staff) -> None:
    browser, _grant = inside(olga, acme)
    staffdoor.do_remove(olga.email)
    for path in ("/history/", "/staff/", "/staff/visit/"):
        assert browser.get(path).status_code == 302, path
    assert browser.get("/api/v1/me").status_code == 401


def test_a_session_that_ran_out_or_was_made_up_is_nobodys(acme: Company, olga: Staff) -> None:
    browser, _grant = inside(olga, acme)
    session = browser.session
    held = session[staffdoor.SESSION]
    for broken in ({**held, "at": 0}, {**held, "mark": "x"}, {**held, "id": acme["anna"].id}, "olga", {}):
        session[staffdoor.SESSION] = broken
        session.save()
        assert browser.get("/history/").status_code == 302, broken
    Session.objects.all().delete()
    assert browser.get("/staff/").url == "/staff/sign-in/"


def test_a_browser_is_either_staff_or_somebody_of_a_company(acme: Company, olga: Staff) -> None:
    browser = Client(headers={"accept-language": "en"})
    browser.post("/sign-in/", {"name": "anna@acme.test", "password": office.PASSWORD})
    browser.post("/staff/sign-in/", {"name": olga.email, "password": PASSWORD})
    assert browser.get("/").status_code == 403, "Anna is signed out"
    browser.post("/sign-in/", {"name": "anna@acme.test", "password": office.PASSWORD})
    assert browser.get("/").status_code == 200
    assert browser.get("/staff/").url == "/staff/sign-in/", "and now Olga is"


def test_people_of_companies_find_no_door_for_staff(acme: Company, browser_of: Browsers) -> None:
    anna = browser_of(acme, "anna")
    for path in ("/staff/", "/staff/visit/"):
        assert anna.get(path).url == "/staff/sign-in/", path
    for path in ("/staff/ask/", "/staff/leave/", f"/staff/grants/{'a' * 32}/take/"):
        assert anna.post(path).url == "/staff/sign-in/", path
    assert anna.get("/staff/sign-in/").status_code == 200


def test_anna_does_not_decide_for_beta(acme: Company, beta: Company, olga: Staff, browser_of: Browsers) -> None:
    grant = asking.do_ask(olga, "beta", WHY, role="support", minutes=60)
    anna = browser_of(acme, "anna")
    for how in ("approve", "refuse", "end", "nonsense"):
        assert anna.post(f"/administration/privacy/support/{grant.id}/{how}/").status_code == 404
    assert anna.get(f"/administration/privacy/support/?cursor={grant.id}").status_code == 404
    for how in ("approve", "refuse", "end"):
        assert browser_of(acme, "bob").post(f"/administration/privacy/support/{grant.id}/{how}/").status_code == 403
    assert Grant.all_tenants.get().decided_at is None


def test_anna_answers_twice_in_two_windows(acme: Company, olga: Staff, browser_of: Browsers) -> None:
    grant = asking.do_ask(olga, "acme", WHY, role="support", minutes=60)
    anna = browser_of(acme, "anna")
    anna.post(f"/administration/privacy/support/{grant.id}/refuse/")
    again = anna.post(f"/administration/privacy/support/{grant.id}/approve/", follow=True)
    assert "This is decided already" in text(again)
    assert Grant.all_tenants.get().refused


@pytest.mark.claim("PHO-8")
def test_anna_opens_the_door_and_closes_it(acme: Company, olga: Staff, browser_of: Browsers) -> None:
    anna, browser = browser_of(acme, "anna"), at_the_door(olga)
    wish = {"reason": "Calls to the queue are lost", "minutes": "120", "role": "support", "content": "yes"}
    assert "Say why" in text(anna.post("/administration/privacy/support/", wish | {"reason": "x"}))
    assert "The door is open" in text(anna.post("/administration/privacy/support/", wish, follow=True))
    [grant] = Grant.all_tenants.all()
    assert "Calls to the queue are lost" in text(browser.get("/staff/"))
    browser.post(f"/staff/grants/{grant.id}/take/")
    browser.post(f"/staff/grants/{grant.id}/enter/")
    assert browser.get("/voicemail/").status_code == 200
    anna.post(f"/administration/privacy/support/{grant.id}/end/", {"next": "//evil.test/"})
    assert browser.get("/voicemail/").status_code == 403


def test_a_company_says_what_it_wants(acme: Company, olga: Staff, browser_of: Browsers) -> None:
    anna, browser = browser_of(acme, "anna"), at_the_door(olga)
    anna.post("/administration/privacy/support/rule/", {"wish": "tell", "emergency": "yes"})
    assert deciding.access_rule(acme["anna"]).emergency
    wish = {"company": "acme", "reason": WHY, "minutes": "60", "role": "support"}
    assert "The door is open: the company sees it" in text(browser.post("/staff/ask/", wish, follow=True))
    assert "told, not asked" in text(anna.get("/administration/privacy/support/"))
    anna.post("/administration/privacy/support/rule/", {"wish": "whatever"})
    assert deciding.access_rule(acme["anna"]).wish == "tell"


def test_a_question_that_makes_no_sense_is_told_so(acme: Company, olga: Staff) -> None:
    browser = at_the_door(olga)
    for wrong in ({}, {"company": "acme"}, {"company": "nobody", "reason": WHY, "minutes": "60", "role": "support"}):
        answer = browser.post("/staff/ask/", wrong)
        assert answer.status_code == 422
        assert 'role="alert"' in text(answer)
    assert browser.post(f"/staff/grants/{'a' * 32}/nonsense/").status_code == 404


def test_what_the_operator_did_is_there_to_read(acme: Company, browser_of: Browsers) -> None:
    record(acme.tenant.id, OPERATOR, "grant", person(acme["bob"].id), "token", "t1")
    page = text(browser_of(acme, "anna").get("/administration/privacy/support/"))
    assert "No reason was given." in page
    assert "Bob Lund" in page


def test_an_invitation_lets_in_once(db: None) -> None:
    _staff, token = staffdoor.do_add("Olga Strand", "olga@provider.test", "support")
    browser = Client(headers={"accept-language": "en"})
    assert "Welcome, Olga Strand" in text(browser.get(f"/staff/invitation/{token}"))
    assert browser.post(f"/staff/invitation/{token}", {"password": "short"}).status_code == 422
    assert browser.post(f"/staff/invitation/{token}", {"password": PASSWORD}).url == "/staff/"
    assert browser.get("/staff/").status_code == 200
    assert Client().get(f"/staff/invitation/{token}").status_code == 404
    assert browser.post("/staff/sign-out/").url == "/staff/sign-in/"
    assert browser.get("/staff/").status_code == 302


def test_wrong_passwords_are_slowed_down(olga: Staff) -> None:
    browser = Client(headers={"accept-language": "en"})
    tries = [browser.post("/staff/sign-in/", {"name": olga.email, "password": "guess"}) for _ in range(6)]
    assert [one.status_code for one in tries] == [422] * 5 + [429]
    assert "Too many tries" in text(tries[-1])


def test_the_api_tells_and_decides(acme: Company, beta: Company, olga: Staff, browser_of: Browsers) -> None:
    anna = browser_of(acme, "anna")

    def call(method: str, path: str, body: Any = None, by: Client = anna) -> tuple[int, Any]:
        answer = getattr(by, method)(f"/api/v1/support/{path}", body, content_type="application/json")
        return answer.status_code, json.loads(answer.content or b"null")

    asked = asking.do_ask(olga, "acme", WHY, role="support", minutes=60)
    assert [(one["state"], one["name"]) for one in call("get", "grants")[1]["items"]] == [("waiting", "Olga Strand")]
    assert call("put", f"grants/{asked.id}", {"agree": True})[0] == 204
    assert call("put", f"grants/{asked.id}", {"agree": False})[0] == 409
    assert call("delete", f"grants/{asked.id}")[0] == 204
    status, made = call("post", "grants", {"reason": WHY, "minutes": 30})
    assert status == 201
    assert call("post", "grants", {"reason": WHY, "minutes": 10_000})[0] == 400
    assert call("put", "rule", {"wish": "tell", "emergency": True}) == (200, {"wish": "tell", "emergency": True})
    assert call("get", "rule")[1]["wish"] == "tell"
    for other in (browser_of(beta, "anna"),):
        assert call("delete", f"grants/{made['id']}", by=other)[0] == 404
        assert call("get", f"grants?cursor={made['id']}", by=other)[0] == 400
        assert call("get", "grants", by=other)[1]["items"] == []
    assert call("get", "grants", by=browser_of(acme, "bob"))[0] == 403
    states = [one["state"] for one in call("get", "grants")[1]["items"]]
    assert states == ["offered", "over"]
