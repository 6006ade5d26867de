"""Anna looks at where calls go in her browser: the drawing, the list, the window in which a way is changed; by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect
from tests.peers import sound
from tests.web.browsing import WIDTHS, Visit, launch, visit, with_microphone
from tests.web.office import Company
from tests.web.stage import Stage, eventually
from tests.web.test_menus import PAGE, lay_out

from svara.people import administration
from svara.people.menus import access_prompt
from svara.people.models import Menu

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TRIED = f"{PAGE}?number=%2B4721000000&date=2026-11-24&time=10:00&press=2"
PROMPT_HZ = 700
TWO_FRAMES_LATER = """drawing => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
  () => done(drawing.getBoundingClientRect().width))))"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One whose microphone hears a tone."""
    tone = sound.tone(PROMPT_HZ, 10.0, 48_000)
    chromium = launch(
        playwright, *with_microphone(sound.write_wav(tmp_path_factory.mktemp("mic") / "tone.wav", tone, 48_000))
    )
    yield chromium
    chromium.close()


@pytest.fixture
def anna(browser: Browser, stage: Stage, acme: Company, settings: Any) -> Iterator[Visit]:
    """Anna's window, at where calls go."""
    settings.DATA = stage.data
    lay_out(acme)
    more = {"name": "more", "prompt": "welcome", "keys": {"1": "menu:front", "3": "person:hakon"}, "otherwise": "menu:front"}
    administration.do_save(acme["anna"], "menus", None, more)
    front = administration.access_item(acme["anna"], "menus", "front")[1]
    administration.do_save(acme["anna"], "menus", "front", front | {"keys": front["keys"] | {"3": "menu:more"}})
    with visit(browser, stage) as window:
        window.sign_in("anna@acme.test", PAGE)
        yield window
        assert window.complaints == []


def key(window: Visit, words: str, menu: str = "Menu front") -> Locator:
    box = window.page.locator(".flow-box").filter(has=window.page.locator("strong", has_text=menu))
    return box.get_by_role("button").filter(has_text=words)


def test_a_key_is_led_elsewhere_by_keyboard_alone_and_the_change_undone(anna: Visit, acme: Company) -> None:
    page = anna.page
    key(anna, "Key 1").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Key 1 · front")
    assert anna.barriers() == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(key(anna, "Key 1")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_label("Leads to", exact=True).select_option("person:bob")
    dialog.get_by_role("button", name="Save").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("It is in effect now", timeout=30_000)
    expect(key(anna, "Key 1")).to_contain_text("Bob Lund")
    assert Menu.of(acme.tenant).get(name="front").keys["1"] == "person:bob"
    assert anna.barriers() == []
    page.get_by_role("button", name="Undo").click()
    expect(key(anna, "Key 1")).to_contain_text("Queue support")
    assert Menu.of(acme.tenant).get(name="front").keys["1"] == "queue:support"


def test_a_mistake_comes_back_in_its_window_with_what_was_chosen(anna: Visit) -> None:
    page = anna.page
    key(anna, "Add a key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Key", exact=True).select_option("5")
    dialog.get_by_label("Leads to", exact=True).select_option("number")
    dialog.get_by_label("Leads to: number, if it goes elsewhere").fill("12")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Give a telephone number")
    expect(dialog.get_by_label("Key", exact=True)).to_have_value("5")
    assert page.evaluate("document.querySelector('#edit').matches(':modal')")
    dialog.get_by_label("Leads to: number, if it goes elsewhere").fill("+4790000001")
    dialog.get_by_role("button", name="Save").click()
    expect(key(anna, "Key 5")).to_contain_text("+4790000001")


def test_the_prompt_is_recorded_here_and_heard(anna: Visit, stage: Stage, acme: Company) -> None:
    page = anna.page
    key(anna, "What callers hear").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Record with the microphone").click()
    expect(dialog.locator("[data-said]")).to_contain_text("Recording")
    page.wait_for_timeout(1500)
    dialog.get_by_role("button", name="Stop recording").click()
    expect(dialog.locator("[data-said]")).to_contain_text("Recorded")
    assert anna.barriers() == []
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("It is in effect now", timeout=30_000)
    place = access_prompt(acme["anna"], "front")
    samples, rate_hz = sound.read_wav(Path(place))
    heard_hz, _ = sound.dominant(samples, rate_hz)
    assert abs(heard_hz - PROMPT_HZ) < 10
    key(anna, "What callers hear").click()
    player = dialog.locator("audio")
    player.evaluate("player => player.play()")
    assert eventually(lambda: player.evaluate("player => player.currentTime") > 0.2)


def shown_as(page: Page, view: str) -> float:
    """How wide the drawing is then, in pixels, once that has come to rest."""
    page.get_by_role("radio", name=view).check()
    return float(page.locator(".flow-drawing").evaluate(TWO_FRAMES_LATER))


def test_the_way_lights_up_and_the_drawing_can_be_had_larger_and_as_a_list(anna: Visit) -> None:
    page = anna.page
    page.get_by_label("Day").fill("2026-11-24")
    page.get_by_label("Time").fill("10:00")
    page.get_by_label("Keys pressed, menu by menu").fill("3 1 2")
    page.get_by_role("button", name="Show the way").click()
    expect(page.locator(".flow-steps")).to_contain_text("Eva Nováková")
    expect(page.locator(".flow-drawing .flow-row.lit")).to_have_count(5)
    sizes = [shown_as(page, view) for view in ("Whole", "Full size", "Large")]
    assert sizes[0] < sizes[1] < sizes[2]
    assert anna.overflow() == 0
    frame = page.locator(".flow-frame")
    frame.evaluate("frame => frame.scrollTo(500, 0)")
    assert frame.evaluate("frame => frame.scrollLeft") > 0
    page.get_by_role("radio", name="List").check()
    expect(page.locator(".flow-list")).to_be_visible()
    expect(page.locator(".flow-drawing")).to_be_hidden()
    expect(page.locator(".flow-list .badge").first).to_have_text("leads back")


def test_in_the_drawing_no_box_lies_on_another(anna: Visit) -> None:
    boxes = anna.page.evaluate(
        "[...document.querySelectorAll('.flow-box')].map(box => { const r = box.getBoundingClientRect();"
        " return [r.left, r.top, r.right, r.bottom, box.scrollHeight - box.clientHeight]; })"
    )
    assert len(boxes) == 8
    for left, top, right, bottom, hidden in boxes:
        assert (right > left, bottom > top, hidden) == (True, True, 0)
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "ru")])
def test_it_fits_every_screen_without_a_barrier(
    anna: Visit, browser: Browser, stage: Stage, scheme: str, language: str
) -> None:
    for width in WIDTHS:
        with visit(browser, stage, width=width, scheme=scheme, language=language) as window:
            window.sign_in("anna@acme.test", TRIED)
            window.picture(f"menus-{scheme}-{width}")
            assert (window.overflow(), window.barriers()) == (0, [])
            small = width < 800
            expect(window.page.locator(".flow-list")).to_be_visible(visible=small)
            expect(window.page.locator(".flow-drawing")).to_be_visible(visible=not small)
            if small:
                row = window.page.locator(".flow-list").get_by_role("button").filter(has_text="+")
                assert row.count() == 0 or row.first.is_visible()
                window.page.locator(".flow-list").get_by_role("button").nth(2).click()
                expect(window.page.get_by_role("dialog")).to_be_visible()
                assert (window.overflow(), window.barriers()) == (0, [])
            assert window.complaints == []
