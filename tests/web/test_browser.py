"""The pages in a real browser, on the real web process: signing in, calling, and news that arrive by themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Route, expect
from tests.voicemail.stories import sound
from tests.web import office
from tests.web.browsing import Visit, visit
from tests.web.office import Company
from tests.web.stage import Stage, eventually

from svara.calls.boxes import BoxChanged
from svara.calls.commands import Hangup, LiveCall, Originate, PersonPresence, Refused
from svara.people import actions
from svara.people.models import Account
from svara.privacy.vault import elsewhere

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def anna(browser: Browser, stage: Stage, acme: Company) -> Iterator[Visit]:
    """Anna's window."""
    with visit(browser, stage) as window:
        yield window
        assert window.complaints == []


def call_of(acme: Company, caller: str, callee: str, state: str, call_id: str = "live-1") -> LiveCall:
    now = time.time()
    people = (acme[caller].id, acme[callee].id)
    answered = now if state in {"answered", "held"} else None
    return LiveCall(
        call_id, acme.tenant.id, "internal", state, acme.party(caller), acme.party(callee), now - 3, answered, people
    )


def test_anna_signs_in_with_the_keyboard_alone_and_lands_where_she_wanted(anna: Visit) -> None:
    page = anna.page
    anna.go("/history/?outcome=missed")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.keyboard.type("anna@acme.test")
    page.keyboard.press("Tab")
    page.keyboard.type("not her password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.keyboard.type(office.PASSWORD)  # the name is kept, the cursor waits in the password
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Call history")).to_be_visible()
    assert page.url.endswith("/history/?outcome=missed")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_directory_finds_as_one_types_and_calls_from_the_keyboard(anna: Visit, stage: Stage) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test")
    anna.live()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("cecil")
    expect(page.locator("#people .row")).to_have_count(1)
    expect(page.locator("#people")).to_contain_text("Cecilie Moe")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Call Cecilie Moe")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Your phone rings now")
    assert [type(asked) for asked in stage.asked] == [Originate]
    assert stage.asked[0].to == "103"
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#people .row")).to_have_count(8)
    page.keyboard.type("zzz")
    expect(page.locator("#people")).to_contain_text("Nobody found")


def test_anna_calls_by_way_of_her_mobile(anna: Visit, stage: Stage, acme: Company) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test")
    anna.live()
    expect(page.get_by_text("my mobile")).to_have_count(0)  # she has none yet
    Account.all_tenants.filter(pk=acme["anna"].pk).update(mobile="+4791000001")
    page.reload()
    anna.live()
    with page.expect_response("**/calls/via/"):
        page.get_by_label("my mobile").check()
    page.get_by_label("Number or extension").fill("21 00 00 00")
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Your phone rings now")
    page.get_by_role("button", name="Call Bob Lund").click()  # it is remembered
    expect(page.locator("#toasts .toast")).to_have_count(2)
    assert [(asked.to, asked.via) for asked in stage.asked] == [("21 00 00 00", "mobile"), ("102", "mobile")]
    page.reload()
    expect(page.locator("#dial-via input[value=mobile]")).to_be_checked()


@pytest.mark.claim("PHO-6")
def test_presence_arrives_by_itself_in_under_a_second(anna: Visit, stage: Stage, acme: Company) -> None:
    anna.sign_in("anna@acme.test")
    anna.live()
    bob = anna.page.locator(f'#people [data-person="{acme["bob"].id}"]')
    expect(bob).to_contain_text("Offline")
    for availability, words in (("available", "Available"), ("ringing", "Ringing"), ("in-call", "In a call")):
        stage.presence(acme.tenant.id, acme["bob"].id, availability)
        taken = anna.seconds_until(f'#people [data-person="{acme["bob"].id}"] .availability', words)
        assert taken < 1, f"{availability} took {taken:.2f} s"
        expect(bob).to_have_attribute("data-availability", availability)
    stage.presence(acme.tenant.id, acme["anna"].id, "dnd")
    expect(anna.page.locator("#presence .availability")).to_have_text("Do not disturb")


def test_an_answer_that_is_older_than_the_news_does_not_win(anna: Visit, stage: Stage, acme: Company) -> None:
    anna.sign_in("anna@acme.test")
    anna.live()
    bob = anna.page.locator(f'#people [data-person="{acme["bob"].id}"]')
    expect(bob).to_contain_text("Offline")

    def slow(route: Route) -> None:
        old = route.fetch()
        assert "Offline" in old.text()
        stage.presence(acme.tenant.id, acme["bob"].id, "in-call")
        time.sleep(0.5)  # meanwhile the news are painted
        route.fulfill(response=old)

    anna.page.route("**/people/?q=bo*", slow)
    anna.page.get_by_role("searchbox").fill("bo")
    expect(anna.page.locator("#people .row")).to_have_count(1)
    expect(bob).to_contain_text("In a call")


def test_when_the_phone_system_comes_back_the_page_says_so_by_itself(anna: Visit, stage: Stage, acme: Company) -> None:
    stage.silence(True)
    assert eventually(lambda: not stage.healthy(), 10)
    anna.sign_in("anna@acme.test")
    expect(anna.page.locator("#presence")).to_contain_text("The phone system does not answer at the moment")
    stage.presences[acme["anna"].id] = PersonPresence(acme.tenant.id, acme["anna"].id, "away", 1)
    stage.silence(False)
    expect(anna.page.locator("#presence .availability")).to_have_text("Away", timeout=10_000)
    expect(anna.page.locator("#presence")).not_to_contain_text("does not answer")
    expect(anna.page.locator(".side .me")).to_have_attribute("data-availability", "away")


def test_choosing_a_presence_is_one_click(anna: Visit, acme: Company) -> None:
    anna.sign_in("anna@acme.test")
    anna.page.get_by_role("radio", name="Do not disturb").check()
    expect(anna.page.locator("#presence")).to_contain_text("Your phones stay silent")
    acme["anna"].refresh_from_db()
    assert acme["anna"].choice == "dnd"


def test_a_call_from_the_page_tells_how_it_goes(anna: Visit, stage: Stage, acme: Company) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test")
    anna.live()
    page.get_by_role("button", name="Call Bob Lund").click()
    panel = page.locator("#call-placed-here")
    expect(panel).to_contain_text("Your phone rings now")
    for state, words in (
        ("started", "pick it up to call Bob Lund"),
        ("ringing", "Calling Bob Lund"),
        ("answered", "Talking to Bob Lund"),
        ("held", "On hold: Bob Lund"),
    ):
        stage.call(call_of(acme, "anna", "bob", state, "placed-here"))
        taken = anna.seconds_until("#call-placed-here", words)
        assert taken < 1, f"{state} took {taken:.2f} s"
    assert (anna.overflow(), anna.barriers()) == (0, [])
    panel.get_by_role("button", name="Hang up").click()
    assert eventually(lambda: any(isinstance(asked, Hangup) for asked in stage.asked))
    stage.call(call_of(acme, "anna", "bob", "ended", "placed-here"))
    expect(page.locator("#running")).to_be_empty()


def test_a_refused_call_says_why_in_plain_words(anna: Visit, stage: Stage) -> None:
    anna.sign_in("anna@acme.test")
    stage.refusal = Refused("offline", "none of your phones is registered")
    anna.page.get_by_role("button", name="Call Bob Lund").click()
    expect(anna.page.get_by_role("alert")).to_contain_text("None of your phones is online. Switch one on and try again.")


@pytest.mark.claim("ADV-6")
def test_history_is_live(anna: Visit, stage: Stage, acme: Company) -> None:
    page = anna.page
    for number in range(60):
        office.answered(acme, "bob", "cecilie", ago_seconds=4000.0 + number * 60)
    anna.sign_in("anna@acme.test", "/history/")
    anna.live()
    records = page.locator("#records [id^=record-]")
    expect(records).to_have_count(50)
    page.get_by_role("button", name="Load more").click()
    expect(records).to_have_count(60)
    expect(page.locator("#running")).to_be_empty()

    stage.call(call_of(acme, "dag", "eva", "ringing"))
    taken = anna.seconds_until("#running", "Dag Vik")
    assert taken < 1, f"{taken:.2f} s"
    stage.call(call_of(acme, "dag", "eva", "answered"))
    expect(page.locator("#running")).to_contain_text("Talking")
    stage.call(call_of(acme, "dag", "eva", "ended"))
    expect(page.locator("#running")).to_be_empty()
    page.evaluate("window.notReloaded = true")

    call = office.answered(acme, "dag", "eva", ago_seconds=20, talk_seconds=10)
    stage.recorded(call, acme.tenant.id, (acme["dag"].id, acme["eva"].id))
    taken = anna.seconds_until(f"#record-{call}", "Dag Vik")
    assert taken < 1, f"{taken:.2f} s"
    expect(records).to_have_count(61)
    expect(records.first).to_contain_text("Dag Vik")
    assert page.evaluate("window.notReloaded") is True


def test_filters_act_at_once_and_stand_in_the_address(anna: Visit, acme: Company) -> None:
    page = anna.page
    office.a_busy_week(acme)
    anna.sign_in("anna@acme.test", "/history/")
    records = page.locator("#records [id^=record-]")
    expect(records).to_have_count(9)
    page.get_by_label("Outcome").select_option("answered")
    expect(records).to_have_count(4)
    page.get_by_label("Name or number").fill("eva")
    expect(records).to_have_count(1)
    assert page.url.endswith("/history/?outcome=answered&search=eva")
    page.reload()
    expect(records).to_have_count(1)
    page.get_by_label("Name or number").fill("zzz")
    expect(page.locator("#records")).to_contain_text("No call fits these filters")


@pytest.mark.parametrize("where", ["/history/", "/"])
def test_news_that_were_asked_for_before_a_filter_changed_do_not_undo_it(anna: Visit, acme: Company, where: str) -> None:
    page = anna.page
    office.a_busy_week(acme)
    anna.sign_in("anna@acme.test")
    lines = page.locator("#people .row") if where == "/" else page.locator("#records [id^=record-]")
    late: list[Route] = []

    def answer(route: Route) -> None:
        late.append(route) if not late else route.continue_()

    page.route("**/people/**" if where == "/" else "**/records/**", answer)
    with page.expect_request(lambda request: "/people/" in request.url or "/records/" in request.url):
        anna.go(where)  # and what happened since the page was made is asked for
    if where == "/":
        page.get_by_role("searchbox").fill("cecilie")
        expect(lines).to_have_count(1)
    else:
        page.get_by_label("Outcome").select_option("answered")
        expect(lines).to_have_count(4)
    with suppress(Error):  # nobody waits for it any more
        late.pop().continue_()
    page.wait_for_load_state("networkidle")
    expect(lines).to_have_count(1 if where == "/" else 4)


def test_a_session_that_ended_leads_back_to_the_door(anna: Visit) -> None:
    anna.sign_in("anna@acme.test")
    anna.live()
    anna.page.context.clear_cookies()
    anna.page.get_by_role("searchbox").fill("bob")
    expect(anna.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_token_is_made_copied_and_revoked(anna: Visit, acme: Company) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test", "/profile/")
    page.get_by_label("What the token is for").fill("Wallboard")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#new-token")).to_contain_text("svara")
    page.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Revoke “Wallboard”?")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Revoke").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.locator("#toasts")).to_contain_text("The token no longer works")
    expect(page.locator("table")).to_have_count(0)


def test_a_message_comes_is_heard_deleted_and_taken_back(anna: Visit, stage: Stage, acme: Company, settings: Any) -> None:
    settings.DATA = stage.data  # what is sealed here is opened there
    page = anna.page
    anna.sign_in("anna@acme.test", "/voicemail/")
    anna.live()
    expect(page.locator("#messages")).to_contain_text("No messages")
    place = stage.data.recordings / "voicemail" / "new.wav"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(sound(3))
    message = office.a_message(acme, "anna", "voicemail/new.wav")
    stage.message(BoxChanged(acme.tenant.id, message.box, 1, 0, (acme["anna"].id,)))
    expect(page.locator("#messages")).to_contain_text("Kari Nordmann")
    expect(page.locator("#messages .badge")).to_have_text("new")

    page.locator("#messages audio").evaluate("player => player.play()")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
    assert page.locator("audio").evaluate("player => player.duration") == pytest.approx(3, abs=0.05)
    expect(page.get_by_role("button", name="Mark as new")).to_be_visible()
    expect(page.locator("#messages .badge")).to_have_count(0)
    assert not page.locator("audio").evaluate("player => player.paused"), "the list was renewed while it played"
    page.locator("audio").evaluate("player => { player.currentTime = 2.5; }")
    page.wait_for_function("() => document.querySelector('audio').ended")

    page.get_by_role("button", name="Keep for a year").click()
    expect(page.locator("#messages .badge")).to_have_text("kept")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#messages")).to_contain_text("No messages")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("The message is back")
    expect(page.locator("#messages")).to_contain_text("Kari Nordmann")
    message.refresh_from_db()
    assert (message.heard_by, message.saved, message.deleted_at) == (acme["anna"].id, True, None)


def test_a_message_that_cannot_be_reached_says_so_and_stays_new(
    anna: Visit, stage: Stage, acme: Company, settings: Any
) -> None:
    """It lies in a bucket that is away."""
    settings.DATA = stage.data
    page = anna.page
    message = office.a_message(acme, "anna", "voicemail/far.wav")
    place = stage.data.recordings / "voicemail" / "far.wav"
    note = elsewhere.Note(
        "s3://gone?endpoint=http://127.0.0.1:9", "far.wav", 1000, "", 1_700_000_000_000_000_000, moved=True
    )
    elsewhere.begin(stage.data, place, note)
    anna.sign_in("anna@acme.test", "/voicemail/")
    anna.live()
    player = page.locator("#messages audio")
    for _ in range(2):  # it can be tried again
        player.evaluate("player => player.play().catch(() => {})")
        expect(page.locator("#messages .player-note")).to_contain_text("does not answer. Try again later.", timeout=30_000)
    expect(page.locator("#messages .badge")).to_have_text("new")
    page.set_viewport_size({"width": 360, "height": 800})
    assert (anna.overflow(), anna.barriers()) == (0, [])
    message.refresh_from_db()
    assert message.heard_at is None
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(sound(1))
    # The server says "away" for some seconds without asking: a person presses again, too.
    assert eventually(lambda: bool(player.evaluate("player => player.play().then(() => true, () => false)")), 30)
    expect(page.locator("#messages .player-note")).to_have_count(0)
    expect(page.locator("#messages .badge")).to_have_count(0)
    anna.complaints[:] = [each for each in anna.complaints if "status of 503" not in each]


def pages_of(acme: Company) -> dict[str, str]:
    """Every page, by name, with something on it."""
    office.a_busy_week(acme)
    call = office.answered(acme, "bob", "anna", ago_seconds=60, held=True, also_rang=("mobile",))
    actions.do_create_token(acme["anna"], "Wallboard")
    for heard in (False, True):
        office.a_message(acme, "anna", heard=heard)
    return {
        "people": "/",
        "nobody": "/?q=zzz",
        "history": "/history/",
        "story": f"/history/{call}/",
        "voicemail": "/voicemail/",
        "profile": "/profile/",
        "system": "/system/",
        "own": "/profile/calls/",
        "calendar": "/profile/calendar/",
        "sound": "/statistics/sound/",
        "person-form": "/administration/people/item/bob/",
        "queue-form": "/administration/queues/new/",
        "changes": "/administration/changes/",
        "missing": "/nothing-here/",
    }


def a_lively_office(stage: Stage, acme: Company) -> None:
    states = ["available", "in-call", "in-call", "available", "ringing", "away", "dnd", "offline"]
    for person, state in zip(acme.people.values(), states, strict=True):
        stage.presence(acme.tenant.id, person.id, state, int(state != "offline"))
    stage.call(call_of(acme, "bob", "cecilie", "answered", "live-1"))
    stage.call(call_of(acme, "eva", "anna", "ringing", "live-2"))
