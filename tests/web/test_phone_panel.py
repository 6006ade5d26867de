"""The phone in the browser as a person sees it; the engine below it, which speaks with the server, is played here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, Route, expect
from tests.web.browsing import WIDTHS, Visit, launch
from tests.web.office import Company
from tests.web.stage import Stage, eventually

from svara.calls.commands import Originate
from svara.web.static_files import manifest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ENGINE = """
class Engine extends EventTarget {
    readiness = "off"; trouble = ""; calls = []; asked = []; devices = null; refuse = "";
    constructor(options) { super(); this.options = options; window.engine = this; }
    tell(news) { Object.assign(this, news); this.dispatchEvent(new Event("change")); }
    add(call) {
        this.tell({calls: [...this.calls, {direction: "in", name: "", number: "", via: "", state: "ringing", held: false,
            muted: false, since: null, quality: null, cause: "", ended: "", ...call}]});
    }
    become(id, news) { this.tell({calls: this.calls.map((call) => call.id === id ? {...call, ...news} : call)}); }
    forget(id) { this.tell({calls: this.calls.filter((call) => call.id !== id)}); }
    async note(...what) { this.asked.push(what); if (this.refuse) throw new Error(this.refuse); }
    async start() { this.tell({readiness: "ready"}); }
    async stop() { this.tell({readiness: "off"}); }
    async use(devices) { this.devices = devices; }
    async dial(number, name = "") {
        await this.note("dial", number);
        const id = `out${this.asked.length}`;
        for (const call of this.calls) if (call.state === "talking") this.become(call.id, {held: true});
        this.add({id, number, name, direction: "out", state: "calling"});
        return id;
    }
    async answer(id) { await this.note("answer", id); this.become(id, {state: "talking", since: Date.now()}); }
    async hangup(id) { await this.note("hangup", id); this.become(id, {state: "ended"}); }
    async decline(id) { await this.note("decline", id); this.become(id, {state: "ended", ended: "declined"}); }
    mute(id, on) { this.note("mute", id, on); this.become(id, {muted: on}); }
    async hold(id, on) { await this.note("hold", id, on); this.become(id, {held: on}); }
    async keys(id, digits) { await this.note("keys", id, digits); }
    async transfer(id, number) { await this.note("transfer", id, number); this.become(id, {state: "ended"}); }
    async transferTo(id, other) { await this.note("transferTo", id, other); }
    async merge(ids) { await this.note("merge", ...ids); }
    level() { return 0.6; }
    async hearMyself(seconds) { await this.note("hear", seconds); }
}
export const createEngine = (options) => new Engine(options);
"""


WHOLE_SCREEN = """() => {
    const { y, width } = document.querySelector("#phone").getBoundingClientRect();
    return y === 0 && width === document.documentElement.clientWidth; // without a bar to scroll by, which comes and goes
}"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = launch(playwright, "--use-fake-device-for-media-stream")
    yield chromium
    chromium.close()


class Desk(Visit):
    """A window with the phone in it, and the engine that is played."""

    def do(self, script: str) -> Any:
        """Something happens to the engine: `engine` in `script`."""
        return self.page.evaluate(f"() => {{ const engine = window.engine; return {script}; }}")

    def asked_of_engine(self) -> list[list[Any]]:
        return list(self.do("engine.asked"))

    def rings(self, call: str = "one", name: str = "Kari Nordmann", number: str = "+4790000001") -> None:
        self.do(f"engine.add({{id: '{call}', name: '{name}', number: '{number}'}})")


@contextmanager
def desk(
    browser: Browser,
    stage: Stage,
    *,
    on: bool = True,
    width: int = 1440,
    scheme: str = "light",
    language: str = "en",
    allowed: bool = True,
    script: str = "",
) -> Iterator[Desk]:
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS.get(width, 900)},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale=language,
        reduced_motion="reduce",
        permissions=["microphone"] if allowed else [],
        service_workers="block",  # they would fetch the engine themselves
    )
    context.add_init_script(script)
    chunk = manifest()["phone/engine/index.ts"].file

    def played(route: Route) -> None:
        route.fulfill(body=ENGINE, content_type="text/javascript")

    context.route(f"**/{chunk}", played)
    try:
        window = Desk(context.new_page(), stage)
        window.sign_in("anna@acme.test")
        window.live()
        if on:
            window.page.locator("#app [data-phone=open]:visible").first.click()
            window.page.locator("#phone [data-phone=on]").click()
            window.page.wait_for_function("() => window.engine?.readiness === 'ready'")
            window.page.locator("#phone [data-phone=close]").click()
        yield window
        assert window.complaints == []
    finally:
        context.close()


@pytest.fixture
def anna(browser: Browser, stage: Stage, acme: Company) -> Iterator[Desk]:
    """Anna's window; her phone is on."""
    with desk(browser, stage) as window:
        yield window


def test_the_phone_is_off_until_its_person_turns_it_on_and_then_it_stays_on(
    browser: Browser, stage: Stage, acme: Company
) -> None:
    with desk(browser, stage, on=False) as anna:
        page, phone = anna.page, anna.page.locator("#phone")
        chunk = manifest()["phone/engine/index.ts"].file
        expect(phone).to_be_hidden()
        page.get_by_role("button", name="Phone Off").click()
        expect(phone).to_contain_text("Your browser will ask whether these pages may use the microphone.")
        assert page.evaluate("localStorage.length") == 0
        assert not any(chunk in address for address in anna.requests)
        phone.get_by_role("button", name="Turn on the phone").click()
        expect(page.get_by_role("button", name="Phone Ready")).to_be_visible()
        expect(phone.get_by_role("textbox", name="Name, extension or number")).to_be_visible()
        page.reload()
        expect(page.get_by_role("button", name="Phone Ready")).to_be_visible()
        page.get_by_role("button", name="Phone Ready").click()
        phone.get_by_role("link", name="Phone in this browser").click()
        page.locator("main").get_by_role("button", name="Turn it off in this browser").click()
        expect(page.get_by_role("button", name="Phone Off")).to_be_visible()
        assert page.evaluate("localStorage.length") == 0
        page.reload()
        expect(page.get_by_role("button", name="Phone Off")).to_be_visible()


def test_a_microphone_that_is_denied_is_told_with_what_to_do(browser: Browser, stage: Stage, acme: Company) -> None:
    with desk(browser, stage, on=False, allowed=False) as anna:
        anna.page.get_by_role("button", name="Phone Off").click()
        anna.page.locator("#phone").get_by_role("button", name="Turn on the phone").click()
        expect(anna.page.locator("#phone")).to_contain_text("Click on the sign beside the address, allow the microphone")
        assert anna.page.evaluate("localStorage.length") == 0
        expect(anna.page.get_by_role("button", name="Phone Off")).to_be_visible()


def test_a_call_comes_in_on_another_page_and_goes_on_while_one_goes_from_page_to_page(anna: Desk) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    navigation = page.get_by_role("navigation", name="Main")
    page.evaluate("window.kept = true")
    navigation.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="Call history")).to_be_visible()
    anna.rings()
    expect(phone).to_contain_text("Kari Nordmann")
    expect(phone).to_contain_text("+4790000001")
    expect(phone.locator("[aria-live=assertive]")).to_have_text(
        "Incoming call from Kari Nordmann, +4790000001. Enter answers, Escape declines."
    )
    assert page.evaluate("document.documentElement.dataset.inCall") == ""
    page.locator("main").focus()
    page.keyboard.press("Enter")
    expect(phone.get_by_role("button", name="Hang up")).to_be_visible()
    expect(phone.locator("[data-show=timer]")).to_have_text(re.compile("0:(0[2-9]|[1-5][0-9])"), timeout=10_000)
    for name, heading in (("Voicemail", "Voicemail"), ("Administration", "People"), ("People", "People")):
        navigation.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        expect(phone).to_contain_text("Kari Nordmann")
    page.go_back()
    expect(navigation.locator("[aria-current=page]")).to_have_text("Administration")
    phone.get_by_role("button", name="Mute").click()
    expect(phone.get_by_role("button", name="Unmute")).to_have_attribute("aria-pressed", "true")
    phone.get_by_role("button", name="Hold").click()
    expect(phone).to_contain_text("On hold")
    phone.get_by_role("button", name="Take back").click()
    anna.do("engine.become('one', {quality: 'poor', cause: 'loss'})")
    expect(phone).to_contain_text("Poor sound: parts of it are lost on the way")
    phone.get_by_role("button", name="Hang up").click()
    expect(phone).to_contain_text("The call has ended")
    assert page.evaluate("document.documentElement.dataset.inCall") is None
    assert page.evaluate("window.kept") is True
    assert [one[0] for one in anna.asked_of_engine()] == ["answer", "mute", "hold", "hold", "hangup"]


def test_escape_declines_and_neither_key_acts_on_what_somebody_types(anna: Desk) -> None:
    page = anna.page
    anna.rings()
    page.keyboard.press("/")
    page.keyboard.type("bob")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert anna.asked_of_engine() == []
    page.locator("main").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#phone")).to_contain_text("Declined")
    assert anna.asked_of_engine() == [["decline", "one"]]
    anna.do("engine.forget('one')")
    expect(page.locator("#phone [data-id]")).to_have_count(0)


def test_digits_are_pressed_by_keypad_and_keyboard(anna: Desk) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    anna.rings()
    phone.get_by_role("button", name="Answer").click()
    phone.get_by_role("button", name="Keypad").click()
    for digit in "1#":
        phone.locator("[data-fold=keys]").get_by_role("button", name=digit, exact=True).click()
    page.locator("main").focus()
    page.keyboard.type("42")
    expect(phone.locator("[data-show=pressed]")).to_have_text("1#42")
    assert [one[2] for one in anna.asked_of_engine() if one[0] == "keys"] == ["1", "#", "4", "2"]


def test_call_buttons_call_from_here_as_long_as_one_wants_that(anna: Desk, stage: Stage) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    expect(page.get_by_role("radio", name="this browser")).to_be_checked()
    page.get_by_role("button", name="Call Bob Lund").click()
    expect(phone.locator("[data-show=name]")).to_have_text("Bob Lund")
    expect(phone).to_contain_text("Calling …")
    assert anna.asked_of_engine() == [["dial", "102"]]
    anna.do("engine.become('out1', {state: 'ended', ended: 'busy'})")
    expect(phone).to_contain_text("Busy")
    anna.do("engine.forget('out1')")
    page.get_by_label("Number or extension").fill("21 00 00 00")
    page.locator("main").get_by_role("button", name="Call", exact=True).click()
    expect(phone).to_contain_text("21 00 00 00")
    assert anna.asked_of_engine()[-1] == ["dial", "21 00 00 00"]
    assert stage.asked == []
    phone.get_by_role("button", name="Hang up").click()
    anna.do("engine.forget('out2')")
    expect(phone).to_be_hidden()
    with page.expect_response("**/calls/via/"):
        page.get_by_label("my phones").check()
    page.get_by_role("button", name="Call Bob Lund").click()
    expect(page.locator("#toasts")).to_contain_text("Your phone rings now")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Voicemail").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="People").click()
    expect(page.get_by_role("radio", name="my phones")).to_be_checked()
    assert [type(asked) for asked in stage.asked] == [Originate]
    with page.expect_response("**/calls/via/"):
        page.get_by_label("this browser").check()
    anna.do("engine.tell({readiness: 'away'})")  # a phone that is not there calls nobody
    page.get_by_role("button", name="Call Cecilie Moe").click()
    assert eventually(lambda: page.wait_for_timeout(20) is None and len(stage.asked) == 2)
    assert stage.asked[1].via == "phones"  # type: ignore[attr-defined]


def test_a_colleague_is_found_called_first_and_the_call_goes_on_to_them(anna: Desk) -> None:
    phone = anna.page.locator("#phone")
    anna.rings()
    phone.get_by_role("button", name="Answer").click()
    phone.get_by_role("button", name="Send on", exact=True).click()
    phone.get_by_role("textbox", name="Send the call on to").press_sequentially("cecil")
    expect(phone.locator("[data-fold=transfer]")).to_contain_text("Cecilie Moe")
    phone.get_by_role("button", name="Ask first · Cecilie Moe").click()
    expect(phone.locator("[data-id=one]")).to_contain_text("On hold")
    anna.do("engine.become('out2', {state: 'talking', since: Date.now(), name: 'Cecilie Moe'})")
    phone.get_by_role("button", name="Connect Cecilie Moe with Kari Nordmann").click()
    phone.get_by_role("button", name="Talk all together").first.click()
    assert [one[0] for one in anna.asked_of_engine()] == ["answer", "dial", "transferTo", "merge"]
    assert anna.asked_of_engine()[2] == ["transferTo", "out2", "one"]
    anna.do("engine.become('out2', {state: 'ended'})")
    anna.do("engine.forget('out2')")
    phone.get_by_role("textbox", name="Send the call on to").fill("+4721000000")
    anna.do("engine.refuse = 'not-allowed'")
    phone.get_by_role("button", name="Send on · +4721000000").click()
    expect(phone.locator("[data-part=problem]")).to_have_text("You may not call this number.")
    expect(phone.get_by_role("button", name="Hang up")).to_be_visible()


def test_enter_after_a_name_sends_the_call_on_to_who_is_found_first(anna: Desk) -> None:
    phone = anna.page.locator("#phone")
    anna.rings()
    phone.get_by_role("button", name="Answer").click()
    phone.get_by_role("button", name="Send on", exact=True).click()
    field = phone.get_by_role("textbox", name="Send the call on to")
    field.press_sequentially("nobody of that name")
    field.press("Enter")
    expect(phone.locator("[data-fold=transfer]")).to_contain_text("Nobody found")
    field.fill("cecil")
    field.press("Enter")  # before anybody is found: it waits for that
    expect(phone).to_contain_text("The call has ended")
    assert anna.asked_of_engine() == [["answer", "one"], ["transfer", "one", "103"]]


def test_a_number_is_sent_on_to_as_it_stands_there(anna: Desk) -> None:
    phone = anna.page.locator("#phone")
    anna.rings()
    phone.get_by_role("button", name="Answer").click()
    phone.get_by_role("button", name="Send on", exact=True).click()
    field = phone.get_by_role("textbox", name="Send the call on to")
    field.fill("10")
    expect(phone.locator("[data-fold=transfer] li")).not_to_have_count(0)  # 101, 102, ... are not what was typed
    field.press("Enter")
    expect(phone).to_contain_text("The call has ended")
    assert anna.asked_of_engine()[-1] == ["transfer", "one", "10"]


def test_the_arrows_go_through_the_people_found(anna: Desk) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    page.get_by_role("button", name="Phone Ready").click()
    field = phone.get_by_role("textbox", name="Name, extension or number")
    field.press_sequentially("e")
    ways = phone.locator("#phone-found [data-pick]")
    expect(ways.nth(1)).to_be_visible()
    field.press("ArrowDown")
    expect(ways.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(ways.nth(1)).to_be_focused()
    name = ways.nth(1).get_attribute("data-name") or ""
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(phone.locator("[data-show=name]")).to_have_text(name)


def test_a_name_is_called_by_enter_as_who_is_found_first(anna: Desk) -> None:
    phone = anna.page.locator("#phone")
    anna.page.get_by_role("button", name="Phone Ready").click()
    field = phone.locator("#phone-number")
    field.fill("cecil")
    field.press("Enter")
    expect(phone.locator("[data-show=name]")).to_have_text("Cecilie Moe")
    expect(field).to_have_value("")
    assert anna.asked_of_engine() == [["dial", "103"]]


def test_an_incoming_call_says_what_was_called(anna: Desk) -> None:
    phone = anna.page.locator("#phone")
    anna.do("engine.add({id: 'one', name: 'Kari Nordmann', number: '+4790000001', via: 'Support'})")
    expect(phone).to_contain_text("Called: Support")
    expect(phone.locator("[aria-live=assertive]")).to_contain_text("Called: Support")
    anna.do("engine.become('one', {state: 'ended'})")
    anna.do("engine.forget('one')")
    anna.rings("two")
    expect(phone).to_contain_text("Incoming call")
    expect(phone.locator("[data-show=via]")).to_be_hidden()


def test_a_caller_outside_has_the_name_that_ones_own_contact_has(anna: Desk) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    asked: list[str | None] = []

    def named(route: Route) -> None:
        asked.append(route.request.post_data)
        route.fulfill(json={"name": "Mum"} if "90000001" in (route.request.post_data or "") else {"name": ""})

    page.route("**/contacts/named/", named)
    page.evaluate("document.getElementById('phone').dataset.named = '/contacts/named/'")
    anna.rings(name="KARI NORDMANN")
    expect(phone.locator("[data-show=name]")).to_have_text("Mum")
    expect(phone.locator("[data-show=number]")).to_have_text("+4790000001")
    anna.do("engine.become('one', {state: 'talking', since: Date.now()})")
    anna.rings("two", "", "+4790000002")
    expect(phone.locator("[data-id=two] [data-show=name]")).to_have_text("+4790000002")
    anna.rings("three", "Bob Lund", "102")
    expect(phone.locator("[data-id=three] [data-show=name]")).to_have_text("Bob Lund")
    assert asked == ["number=%2B4790000001", "number=%2B4790000002"], "once for each number, never for a colleague"


def test_a_feature_code_has_the_name_of_what_it_does(anna: Desk) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    page.route("**/contacts/named/", lambda route: route.fulfill(json={"name": "Try my phone: I hear myself"}))
    page.evaluate("document.getElementById('phone').dataset.named = '/contacts/named/'")
    anna.rings("one", "", "*96")
    expect(phone.locator("[data-id=one] [data-show=name]")).to_have_text("Try my phone: I hear myself")
    expect(phone.locator("[data-id=one] [data-show=number]")).to_have_text("*96")


def test_the_window_goes_with_the_call_that_brought_it_and_stays_where_somebody_opened_it(anna: Desk) -> None:
    phone = anna.page.locator("#phone")
    anna.do("document.querySelector('#phone [data-phone=close]').click()")
    expect(phone).to_be_hidden()
    anna.rings()
    expect(phone).to_be_visible()
    anna.do("engine.become('one', {state: 'ended'})")
    expect(phone).to_contain_text("has ended")
    anna.do("engine.forget('one')")
    expect(phone).to_be_hidden()
    anna.page.locator("#app [data-phone=open]:visible").first.click()
    anna.rings("two")
    anna.do("engine.forget('two')")
    expect(phone.locator("#phone-number")).to_be_visible()
    assert anna.complaints == []


def test_a_number_is_dialled_by_the_phones_own_keypad_and_search(anna: Desk) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    page.get_by_role("button", name="Phone Ready").click()
    expect(phone.get_by_role("textbox")).to_be_focused()
    for digit in "103":
        phone.get_by_role("button", name=digit, exact=True).click()
    expect(phone.locator("#phone-found")).to_contain_text("Cecilie Moe")
    phone.get_by_role("textbox").press("Enter")
    expect(phone).to_contain_text("Calling …")
    assert anna.asked_of_engine() == [["dial", "103"]]
    page.keyboard.press("Escape")
    expect(phone.get_by_role("button", name="Hang up")).to_be_hidden()
    expect(phone.locator("[data-part=strip]")).to_have_text("103")
    phone.get_by_role("button", name="Show the phone").click()
    expect(phone.get_by_role("button", name="Hang up")).to_be_visible()


def test_the_phone_says_how_it_is(anna: Desk) -> None:
    page, phone = anna.page, anna.page.locator("#phone")
    anna.do("engine.tell({readiness: 'elsewhere'})")
    expect(page.get_by_role("button", name="Phone Open in another tab")).to_be_visible()
    anna.do("engine.tell({readiness: 'refused', trouble: 'signed-out'})")
    page.get_by_role("button", name="Phone Not possible").click()
    expect(phone).to_contain_text("You are signed out. Load the page again and sign in.")
    expect(phone.get_by_role("button", name="Call", exact=True)).to_be_disabled()


@pytest.mark.claim("ADV-9")
def test_devices_are_chosen_and_tried(anna: Desk) -> None:
    page = anna.page
    anna.go("/profile/browser-phone/")
    expect(page.locator("#microphone option")).not_to_have_count(1)
    chosen = page.locator("#microphone option").nth(1).get_attribute("value") or ""
    assert chosen
    page.get_by_label("Microphone", exact=True).select_option(chosen)
    assert eventually(lambda: anna.do("engine.devices.microphone") == chosen)
    page.get_by_role("button", name="Try the microphone").click()
    expect(page.locator("#phone-test")).to_contain_text("the bar moves with your voice")
    assert eventually(lambda: page.locator("#phone-level").evaluate("bar => bar.value") == 0.6)
    page.get_by_role("button", name="Hear myself").click()
    expect(page.locator("#phone-test")).to_contain_text("That was you")
    page.reload()
    expect(page.locator("#microphone")).to_have_value(chosen)
    assert eventually(lambda: anna.do("engine?.devices?.microphone") == chosen)


EARS = """
(() => {
  const connect = AudioNode.prototype.connect;
  window.ears = [];
  AudioNode.prototype.connect = function (target, ...more) {
    if (target instanceof AudioDestinationNode) {
      const ear = new AnalyserNode(this.context, {fftSize: 8192, smoothingTimeConstant: 0});
      connect.call(this, ear);
      window.ears.push(ear);
      if (window.ears.length > 40) window.ears.shift();
    }
    return connect.call(this, target, ...more);
  };
  window.heard = () => {  // decibels of the two tones of the ringing and of the one of the knocking, in what is played now
    const all = [523.25, 659.25, 440].map(() => -200);
    for (const ear of window.ears) {
      if (ear.context.state !== "running") continue;
      const bins = new Float32Array(ear.frequencyBinCount);
      ear.getFloatFrequencyData(bins);
      [523.25, 659.25, 440].forEach((hertz, at) => {
        const bin = Math.round(hertz * ear.fftSize / ear.context.sampleRate);
        all[at] = Math.max(all[at], ...bins.slice(bin - 1, bin + 2));
      });
    }
    return all;
  };
})();
"""
"""Listens to all that the page sends to a loudspeaker."""

NOTICES = """
(() => {
  window.notices = [];
  window.away = false;
  Object.defineProperty(Document.prototype, "hidden", {get: () => window.away});
  window.focus = () => { window.broughtHere = true; };
  window.Notification = class {
    static permission = "default";
    static async requestPermission() {
      window.askedForNotices = (window.askedForNotices ?? 0) + 1;
      return this.permission = "granted";
    }
    constructor(title, {body}) { Object.assign(this, {title, body, open: true}); window.notices.push(this); }
    close() { this.open = false; }
  };
})();
"""
"""What the browser would show, and whether it is looked at."""


def test_the_ringing_is_heard_and_ends_with_the_answer(browser: Browser, stage: Stage, acme: Company) -> None:
    with desk(browser, stage, script=EARS) as anna:
        page = anna.page

        def loud(*tones: int) -> bool:
            page.wait_for_timeout(20)
            levels = page.evaluate("heard()")
            return all(levels[tone] > -60 for tone in tones)

        anna.rings()
        assert eventually(lambda: loud(0, 1)), "two tones, as a bell has"
        page.locator("#phone").get_by_role("button", name="Answer").click()
        assert eventually(lambda: not loud(0) and not loud(1))
        anna.rings("two", "Bob Lund", "102")
        assert eventually(lambda: loud(2)), "who talks hears a soft knocking"
        assert not loud(0)
        anna.do("engine.become('two', {state: 'ended'})")
        assert eventually(lambda: not loud(2))


def test_a_call_is_shown_while_one_looks_elsewhere_as_far_as_one_wants_that(
    browser: Browser, stage: Stage, acme: Company
) -> None:
    with desk(browser, stage, script=NOTICES) as anna:
        page = anna.page
        page.evaluate("window.away = true")
        anna.rings("before")
        assert page.evaluate("[notices.length, window.askedForNotices ?? 0]") == [0, 0], "nobody was asked"
        anna.do("engine.become('before', {state: 'ended'})")
        anna.do("engine.forget('before')")
        anna.go("/profile/browser-phone/")
        page.get_by_role("button", name="Show calls", exact=True).click()
        expect(page.locator("#phone-notices")).to_contain_text("Calls are also shown by the browser")
        assert page.evaluate("window.askedForNotices") == 1
        anna.rings("seen")
        assert page.evaluate("notices.length") == 0, "who looks at the page needs none"
        anna.do("engine.forget('seen')")
        page.evaluate("window.away = true")
        anna.rings("one")
        assert page.evaluate("notices.map(({title, body, open}) => [title, body, open])") == [["Incoming call", "", True]]
        page.evaluate("notices[0].onclick()")
        assert page.evaluate("[window.broughtHere, notices[0].open]") == [True, False]
        anna.do("engine.forget('one')")
        page.get_by_label("Say there who calls").check()
        anna.do("engine.add({id: 'two', name: 'Kari Nordmann', number: '+4790000001', via: 'Support'})")
        assert page.evaluate("[notices[1].title, notices[1].body]") == ["Kari Nordmann", "Incoming call · Support"]
        anna.do("engine.become('two', {state: 'talking', since: Date.now()})")
        assert page.evaluate("notices[1].open") is False
        page.reload()
        expect(page.get_by_label("Say there who calls")).to_be_hidden()  # this browser of ours forgot the leave
        page.get_by_role("button", name="Show calls", exact=True).click()
        expect(page.get_by_label("Say there who calls")).to_be_checked()


@pytest.mark.claim("TB-1")
@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_phone_fits_every_screen(browser: Browser, stage: Stage, acme: Company, language: str) -> None:
    for width in WIDTHS:
        with desk(browser, stage, width=width, language=language) as anna:
            pictured(anna, f"{language}-{width}")
            box = anna.page.locator("#phone").bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            if width == 360:
                anna.page.wait_for_function(WHOLE_SCREEN)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_phone_has_no_barrier(browser: Browser, stage: Stage, acme: Company, scheme: str) -> None:
    with desk(browser, stage, scheme=scheme, on=False) as anna:
        anna.page.locator("#app [data-phone=open]:visible").first.click()
        barriers = anna.barriers()
        anna.go("/profile/browser-phone/")
        barriers += anna.barriers()
    for width in (1440, 360):
        with desk(browser, stage, scheme=scheme, width=width) as anna:
            barriers += pictured(anna, f"{scheme}-{width}", look=True)
            anna.go("/profile/browser-phone/")
            barriers += anna.barriers()
    assert barriers == [], "\n".join(barriers)


def pictured(anna: Desk, name: str, *, look: bool = False) -> list[str]:
    """The phone in its states, with a picture of each; what is in whose way there."""
    page, barriers = anna.page, list[str]()

    def keep(state: str) -> None:
        anna.picture(f"phone-{state}-{name}")
        assert anna.overflow() == 0, state
        barriers.extend(f"{state}: {barrier}" for barrier in (anna.barriers() if look else ()))

    page.locator("#app [data-phone=open]:visible").first.click()
    page.locator("#phone-number").fill("bo")
    expect(page.locator("#phone-found li")).not_to_have_count(0)
    keep("dial")
    anna.rings()
    keep("ringing")
    page.locator("[data-call=answer]").click()
    anna.do("engine.become('one', {quality: 'fair', cause: 'jitter'})")
    keep("talking")
    page.locator("#phone [data-call=keys]").click()
    keep("keypad")
    page.locator("#phone [data-call=transfer]").click()
    page.locator("#phone [data-fold=transfer] input").fill("bo")
    expect(page.locator("#phone [data-fold=transfer] li")).not_to_have_count(0)
    keep("sending")
    anna.rings("two", "Bob Lund", "102")
    keep("second")
    page.locator("[data-id=two] [data-call=answer]").click()
    anna.do("engine.become('one', {held: true})")
    keep("two")
    anna.do("engine.become('two', {state: 'ended', ended: 'unreachable'})")
    keep("ended")
    page.locator("#phone [data-phone=close]").click()
    keep("strip")
    page.locator("#phone .phone-unfold").click()
    return barriers
