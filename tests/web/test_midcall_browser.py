"""What one does with calls on the start page, in a real browser: parked callers, being called back, hold and sending on; and
the administration's pages of codes and parking places."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browsing import Visit, visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.calls.commands import Callback, CancelCallback, HoldCall, LiveCall, Originate, ParkedCall, Refused, TransferCall
from svara.calls.events import Party
from svara.people.models import Tenant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
KARI = Party(number="+4722000001", name="Kari Nordmann")
LONG = Party(number="+4722000002", name="Åse Margrethe Kristoffersen-Østby fra Hønefoss")


@pytest.fixture
def bob(browser: Browser, stage: Stage, acme: Company) -> Iterator[Visit]:
    """Bob's window, on the start page."""
    with visit(browser, stage) as window:
        window.sign_in("bob@acme.test")
        window.live()
        yield window
        assert window.complaints == []


def a_talk(acme: Company, stage: Stage, state: str = "answered") -> None:
    """Kari from outside talks with Bob."""
    now = time.time()
    people = (acme["bob"].id,)
    stage.call(LiveCall("talk-1", acme.tenant.id, "inbound", state, KARI, acme.party("bob"), now - 9, now - 3, people))


def somebody_parked(acme: Company, stage: Stage, *callers: Party) -> None:
    now = time.time()
    parked = (ParkedCall(str(801 + n), f"p{n}", who, acme.party("bob"), now - 40, now + 80) for n, who in enumerate(callers))
    stage.parked[acme.tenant.id] = tuple(parked)


def test_bob_holds_takes_back_and_sends_on_his_talk_by_keyboard(bob: Visit, stage: Stage, acme: Company) -> None:
    page, running = bob.page, bob.page.locator("#running")
    a_talk(acme, stage)
    running.get_by_role("button", name="Hold", exact=True).press("Enter")
    assert [(one.call, one.by, one.on) for one in bob.asked(stage, HoldCall, 1)] == [("talk-1", acme["bob"].id, True)]
    a_talk(acme, stage, "held")
    expect(running).to_contain_text("On hold")
    running.get_by_role("button", name="Take back").press("Enter")
    assert [one.on for one in bob.asked(stage, HoldCall, 2)] == [True, False]
    a_talk(acme, stage)
    to = running.get_by_label("Send the call on to")
    to.fill("cecilie")
    to.press("Enter")
    [sent] = bob.asked(stage, TransferCall, 1)
    assert (sent.call, sent.by, sent.to) == ("talk-1", acme["bob"].id, "cecilie")
    assert bob.barriers() == []
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_talk_that_cannot_be_sent_on_says_why(bob: Visit, stage: Stage, acme: Company) -> None:
    a_talk(acme, stage)
    stage.refusal = Refused("not-found", "nobody has that number")
    bob.page.get_by_label("Send the call on to").fill("999")
    bob.page.get_by_role("button", name="Send on").click()
    expect(bob.page.get_by_role("alert")).to_contain_text("The call was not sent on")
    stage.refusal = Refused("on-phone", "the phone holds it")
    bob.page.get_by_role("button", name="Hold", exact=True).click()
    expect(bob.page.get_by_role("alert").last).to_contain_text("The call goes on as it was")
    assert not [one for one in stage.asked if isinstance(one, TransferCall | HoldCall)]


def test_somebody_else_finds_no_buttons_for_it(browser: Browser, stage: Stage, acme: Company) -> None:
    """Cecilie supervises: she sees the talk, and that is all."""
    with visit(browser, stage) as cecilie:
        cecilie.sign_in("cecilie@acme.test")
        cecilie.live()
        a_talk(acme, stage)
        expect(cecilie.page.locator("#running")).to_contain_text("Kari Nordmann")
        expect(cecilie.page.get_by_role("button", name="Hold", exact=True)).to_have_count(0)
        expect(cecilie.page.get_by_label("Send the call on to")).to_have_count(0)
        assert cecilie.complaints == []


def test_who_is_parked_appears_and_is_taken(bob: Visit, stage: Stage, acme: Company) -> None:
    parked = bob.page.locator("#parked")
    expect(parked).to_be_empty()
    somebody_parked(acme, stage, KARI, LONG)
    a_talk(acme, stage, "ended")  # any news of a call makes the list ask anew
    expect(parked).to_contain_text("801: Kari Nordmann")
    expect(parked).to_contain_text("by Bob Lund")
    parked.get_by_role("button", name="Take the call at 802").press("Enter")
    expect(bob.page.locator("#toasts")).to_contain_text("Your phone rings now")
    assert [one.to for one in bob.asked(stage, Originate, 1)] == ["802"]


def test_bob_waits_no_longer_to_be_called_back(bob: Visit, stage: Stage, acme: Company) -> None:
    now = time.time()
    stage.callbacks[acme["bob"].id] = tuple(Callback(acme[who].id, now, now + 900) for who in ("anna", "eva"))
    bob.page.reload()
    waits = bob.page.locator("#callbacks")
    expect(waits).to_contain_text("Anna Berg")
    expect(waits).to_contain_text("Eva Nováková")
    waits.get_by_role("button", name="Do not call me back when Anna Berg is free").press("Enter")
    expect(waits).not_to_contain_text("Anna Berg")
    assert [one.wanted for one in bob.asked(stage, CancelCallback, 1)] == [acme["anna"].id]
    stage.silence(True)
    waits.get_by_role("button", name="Do not call me back when Eva Nováková is free").press("Enter")
    expect(waits).not_to_contain_text("Eva Nováková")  # nothing is known while the phone system is away
    stage.silence(False)
    bob.page.reload()
    expect(waits).to_contain_text("Eva Nováková")


def test_anna_changes_a_code_and_switches_one_off(browser: Browser, stage: Stage, acme: Company) -> None:
    with visit(browser, stage) as anna:
        page = anna.page
        anna.sign_in("anna@acme.test", "/administration/codes/")
        code = page.locator('input[name="code.park"]')
        was = code.input_value()
        code.fill("abc")
        page.get_by_role("button", name="Save").press("Enter")
        expect(page.get_by_role("alert").first).to_be_visible()
        assert anna.barriers() == []
        code.fill("*77")
        off = page.locator('input[name="on.pick-up"]')
        off.uncheck()
        page.get_by_role("button", name="Save").press("Enter")
        expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
        assert Tenant.objects.get(pk=acme.tenant.pk).codes == {"park": "*77", "pick-up": "off"}
        anna.go("/profile/calls/")
        expect(page.get_by_role("table")).to_contain_text("*77")
        assert was not in page.get_by_role("table").locator("code").all_inner_texts()
        assert anna.complaints == []


def test_anna_gives_the_parking_places(browser: Browser, stage: Stage, acme: Company) -> None:
    with visit(browser, stage) as anna:
        page = anna.page
        anna.sign_in("anna@acme.test", "/administration/parking/")
        page.locator('input[name="extensions"]').fill("eight")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert").first).to_contain_text("Give a row of extensions")
        page.locator('input[name="extensions"]').fill("801-803")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
        assert Tenant.objects.get(pk=acme.tenant.pk).parking["extensions"] == "801-803"
        anna.go("/profile/keys/")  # and now they can be put on keys
        assert page.locator('option[value="park:802"]').count() > 0
        assert anna.complaints == []
