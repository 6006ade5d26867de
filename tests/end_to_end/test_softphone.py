"""People talk by their browsers: Chromium with a tone for a microphone, baresip at the other end, a whole Svara between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.peers.baresip import Baresip
from tests.peers.browser import BrowserPhone
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300)]

TWO_SECONDS = 110
"""Packets: so often the page counts, so that it cannot tell of more when it goes."""
ANNA_HZ, BOB_HZ, CECILIE_HZ = 440, 660, 880
Opened = Callable[..., BrowserPhone]


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()


@pytest.fixture
def browser(svara: Svara, tmp_path: Path) -> Iterator[Opened]:
    """Browsers with somebody signed in, whose phone is on."""
    with sync_playwright() as playwright:
        opened: list[BrowserPhone] = []

        def make(username: str, tone_hz: float) -> BrowserPhone:
            phone = BrowserPhone(playwright, tmp_path, svara, username, tone_hz)
            opened.append(phone)
            phone.sign_in()
            phone.turn_on()
            return phone

        yield make
        for phone in opened:
            phone.close()


@pytest.fixture
def desk(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    """Bob's desk phone, which goes on recording what it hears through all changes."""
    with Linphone(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Baresip]:
    with Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


@pytest.mark.claim("PHO-6")
def test_anna_calls_bob_from_her_browser_and_they_hear_each_other(svara: Svara, browser: Opened, bob: Baresip) -> None:
    anna = browser("anna", ANNA_HZ)
    svara.wait_presence("anna", "available")
    anna.dial("102")
    bob.wait_state("incoming")
    bob.answer()
    anna.wait_state("talking")
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    anna.do("hangup", anna.calls[0]["id"])
    bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["from_person"], record["answered_by"], record["outcome"]) == ("anna", "bob", "answered")
    (heard,) = (each for each in record["figures"] if each["side"] == "caller")
    assert heard["packets"] > 20, "what the browser counted stands with the record"
    assert heard["concealed"] is not None


def test_bob_calls_anna_whose_browser_rings(svara: Svara, browser: Opened, bob: Baresip) -> None:
    anna = browser("anna", ANNA_HZ)
    bob.dial("101")
    anna.answer()
    bob.wait_state("talking")
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    anna.page.wait_for_timeout(2_500)  # it tells every ten seconds, and the first time after two
    bob.hangup()
    anna.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["from_person"], record["answered_by"], record["outcome"]) == ("bob", "anna", "answered")
    (heard,) = (each for each in record["figures"] if each["side"] == "callee")
    assert heard["packets"] > 20, "also where the other side hangs up first"


def talking(browser: BrowserPhone, bob: Baresip | Linphone, browser_hz: float = ANNA_HZ) -> str:
    """The browser has called Bob, and they hear each other; gives the call."""
    call = browser.dial("102")
    bob.wait_state("incoming")
    bob.answer()
    browser.wait_state("talking")
    bob.wait_to_hear(browser_hz)
    browser.wait_to_hear(BOB_HZ)
    return call


def test_two_browsers_talk_with_each_other(svara: Svara, browser: Opened) -> None:
    anna, cecilie = browser("anna", ANNA_HZ), browser("cecilie", CECILIE_HZ)
    anna.dial("103")
    cecilie.answer()
    anna.wait_to_hear(CECILIE_HZ)
    cecilie.wait_to_hear(ANNA_HZ)
    cecilie.do("hangup", cecilie.calls[0]["id"])
    anna.wait_state("idle")
    svara.wait_records(1)


def test_one_browser_holds_the_other_whose_music_ends_with_it(svara: Svara, browser: Opened) -> None:
    """The last packet of the music may come after the browser was told that somebody else is heard: it heard nobody then."""
    anna, cecilie = browser("anna", ANNA_HZ), browser("cecilie", CECILIE_HZ)
    call = anna.dial("103")
    cecilie.answer()
    cecilie.wait_to_hear(ANNA_HZ)
    for _ in range(4):
        anna.do("hold", call, True)
        cecilie.wait_to_hear_else(ANNA_HZ)
        anna.do("hold", call, False)
        cecilie.wait_to_hear(ANNA_HZ)
        anna.wait_to_hear(CECILIE_HZ)
    anna.do("hangup", call)
    cecilie.wait_state("idle")
    svara.wait_records(1)


def test_each_side_holds_the_other_and_takes_them_back(svara: Svara, browser: Opened, desk: Linphone) -> None:
    anna = browser("anna", ANNA_HZ)
    call = talking(anna, desk)
    for _ in range(2):
        anna.do("hold", call, True)
        desk.wait_for_music(ANNA_HZ)
        anna.do("hold", call, False)
        anna.wait_to_hear(BOB_HZ)
        desk.wait_to_hear(ANNA_HZ)
        desk.hold()
        desk.wait_state("held")
        anna.wait_to_hear_else(BOB_HZ)
        desk.resume()
        desk.wait_state("talking")
        anna.wait_to_hear(BOB_HZ)
        desk.wait_to_hear(ANNA_HZ)
    anna.do("hangup", call)
    desk.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert [hold["by"] for hold in record["holds"]] == ["caller", "callee"] * 2


def test_keys_pressed_in_the_browser_arrive(svara: Svara, browser: Opened, bob: Baresip) -> None:
    anna = browser("anna", ANNA_HZ)
    call = talking(anna, bob)
    anna.do("keys", call, "57")
    bob.wait_digits("57")
    anna.do("hangup", call)
    svara.wait_records(1)


def test_a_page_that_is_loaded_again_goes_on_with_its_talk(svara: Svara, browser: Opened, desk: Linphone) -> None:
    anna = browser("anna", ANNA_HZ)
    call = talking(anna, desk)
    began = anna.calls[0]["since"]
    anna.wait(lambda: anna.packets(call) > 350, lambda: f"got {anna.packets(call)} packets")
    before = anna.packets(call)
    anna.page.reload()
    anna.turn_on()
    anna.wait_state("talking")
    assert [(each["id"], each["since"], each["number"]) for each in anna.calls] == [(call, began, "102")]
    anna.wait_to_hear(BOB_HZ)
    desk.wait_to_hear(ANNA_HZ)
    after = anna.packets(call)
    anna.do("hangup", call)
    desk.wait_state("idle")
    (talk,) = svara.wait_records(1)
    (heard,) = talk["figures"]
    assert heard["packets"] > before + after - TWO_SECONDS, "what the page before the reload counted is in it"
    svara.wait_quiet()


HANGS_UP_AND_LEAVES = """call => {
  RTCPeerConnection.prototype.getStats = () => new Promise(() => undefined); // it takes too long
  void tested.engine.hangup(call);
  location.reload();
}"""


def test_who_hangs_up_and_leaves_the_page_at_once_has_hung_up(svara: Svara, browser: Opened, desk: Linphone) -> None:
    """The page asked first how it had sounded, and was gone before it said that it was over: the other heard nothing more
    for half a minute."""
    anna = browser("anna", ANNA_HZ)
    call = talking(anna, desk)
    with anna.page.expect_navigation():
        anna.page.evaluate(HANGS_UP_AND_LEAVES, call)
    desk.wait_state("idle")
    anna.turn_on()
    assert anna.calls == []
    (talk,) = svara.wait_records(1)
    assert (talk["ended_by"], talk["end_reason"]) == ("caller", "hung up")
    svara.wait_quiet()


def test_the_web_process_dies_and_the_talk_does_not(svara: Svara, browser: Opened, bob: Baresip) -> None:
    anna = browser("anna", ANNA_HZ)
    talking(anna, bob)
    killed = svara.kill("web")
    anna.wait_ready("away")
    anna.wait_to_hear(BOB_HZ)
    svara.until(lambda: svara.is_anew("web", killed), 30)
    anna.wait_ready(seconds=60)
    anna.wait_to_hear(BOB_HZ)
    bob.hangup()  # ... which the browser is told over its new connection
    anna.wait_state("idle")
    svara.wait_quiet()


def test_the_calls_process_is_killed_and_the_talk_goes_on(svara: Svara, browser: Opened, bob: Baresip) -> None:
    anna = browser("anna", ANNA_HZ)
    call = talking(anna, bob)
    killed = svara.kill("calls")
    svara.until(lambda: svara.is_anew("calls", killed), 30)
    anna.wait_ready("ready", 60)
    anna.wait_to_hear(BOB_HZ)
    anna.do("hold", call, True)
    anna.do("hold", call, False)
    anna.wait_to_hear(BOB_HZ)
    anna.do("hangup", call)
    bob.wait_state("idle")
    svara.wait_quiet()


def test_of_two_tabs_one_is_the_phone_and_the_other_takes_over(svara: Svara, browser: Opened) -> None:
    anna = browser("anna", ANNA_HZ)
    first, second = anna.page, anna.open()
    second.goto(first.url)
    anna.page = second
    anna.turn_on("elsewhere")
    first.close()
    anna.wait_ready()


@pytest.mark.claim("PHO-5")
def test_who_signs_out_has_no_phone_any_more(svara: Svara, browser: Opened, bob: Baresip) -> None:
    anna = browser("anna", ANNA_HZ)
    talking(anna, bob)
    other = anna.open()
    other.goto(anna.page.url)
    other.get_by_role("button", name="Sign out").first.click()
    bob.wait_state("idle")
    svara.wait_quiet()
    svara.wait_presence("anna", "offline")


def test_anna_sends_bob_on_to_cecilie(svara: Svara, browser: Opened, desk: Linphone) -> None:
    anna, cecilie = browser("anna", ANNA_HZ), browser("cecilie", CECILIE_HZ)
    call = talking(anna, desk)
    anna.page.evaluate("call => { window.sent = tested.engine.transfer(call, '103'); }", call)
    cecilie.answer()
    anna.page.evaluate("() => window.sent")
    anna.wait_state("idle")
    cecilie.wait_to_hear(BOB_HZ)
    desk.wait_to_hear(CECILIE_HZ)
    desk.hangup()
    cecilie.wait_state("idle")
    svara.wait_quiet()


def test_anna_asks_cecilie_first_and_joins_the_two(svara: Svara, browser: Opened, desk: Linphone) -> None:
    anna, cecilie = browser("anna", ANNA_HZ), browser("cecilie", CECILIE_HZ)
    first = talking(anna, desk)
    second = anna.dial("103")
    cecilie.answer()
    anna.wait_to_hear(CECILIE_HZ, second)
    assert {each["id"]: each["held"] for each in anna.calls} == {first: True, second: False}
    anna.do("transferTo", second, first)
    anna.wait_state("idle")
    cecilie.wait_to_hear(BOB_HZ)
    desk.wait_to_hear(CECILIE_HZ)
    desk.hangup()
    cecilie.wait_state("idle")
    svara.wait_quiet()


def test_anna_brings_her_two_talks_together_and_all_three_hear_each_other(
    svara: Svara, browser: Opened, desk: Linphone
) -> None:
    anna, cecilie = browser("anna", ANNA_HZ), browser("cecilie", CECILIE_HZ)
    first = talking(anna, desk)
    second = anna.dial("103")
    cecilie.answer()
    anna.wait_to_hear(CECILIE_HZ, second)
    anna.do("merge", [second, first])
    anna.wait(lambda: len(anna.calls) == 1, lambda: f"has {anna.calls}")
    anna.wait_to_hear_both(BOB_HZ, CECILIE_HZ)
    cecilie.wait_to_hear_both(ANNA_HZ, BOB_HZ)
    anna.do("hangup", anna.calls[0]["id"])
    desk.hangup()
    cecilie.wait_state("idle")
    svara.wait_quiet()
