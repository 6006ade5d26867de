"""Finding things in a real browser: the administration's overview, the command palette by keyboard, pointer and finger;
and the statistics that one reads there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect
from tests.web import office
from tests.web.browsing import WIDTHS, Visit, visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.calls.commands import Originate

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def anna(browser: Browser, stage: Stage, acme: Company) -> Iterator[Visit]:
    """Anna's window."""
    with visit(browser, stage) as window:
        yield window
        assert window.complaints == []


def active(visit_: Visit) -> str:
    """The words of the line that a screen reader is told to be on."""
    return str(
        visit_.page.evaluate(
            "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.textContent"
            ".replace(/\\s+/g, ' ').trim() ?? ''"
        )
    )


def test_anna_finds_a_setting_by_keyboard_alone(anna: Visit) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test", "/administration/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Find a setting")).to_be_focused()
    page.keyboard.type("provid")
    expect(page.locator("#places .row")).to_have_count(2)  # trunks, and what the provider's staff may see
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Trunks")
    here = page.get_by_role("navigation", name="Administration").locator("[aria-current]")
    expect(here).to_have_text(["Lines outside", "Trunks"])
    anna.go("/administration/?q=zzz")
    expect(page.locator("#places")).to_contain_text("Nothing is called that")


def test_a_name_and_enter_calls(anna: Visit, stage: Stage, acme: Company) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test", "/voicemail/")
    stage.presence(acme.tenant.id, acme["cecilie"].id, "in-call")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Name, number, page or action")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.type("cecil")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option")).to_have_attribute("aria-selected", "true")
    assert "Call Cecilie Moe" in active(anna)
    expect(page.get_by_role("option")).to_contain_text("In a call")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Your phone rings now")
    assert [one.to for one in anna.asked(stage, Originate, 1)] == ["103"]
    expect(page.locator("dialog#palette")).to_be_hidden()


def test_who_types_faster_than_the_server_answers_calls_the_one_they_typed(anna: Visit, stage: Stage) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()

    def slow(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/palette/?q=104", slow)
    page.get_by_role("combobox").press_sequentially("104")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Your phone rings now")
    assert [one.to for one in anna.asked(stage, Originate, 1)] == ["104"]


def test_arrows_walk_in_a_circle_and_escape_gives_the_focus_back(anna: Visit) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test")
    opener = page.get_by_role("button", name="Search or call")
    opener.press("Enter")
    page.keyboard.type("berg lund moe")
    expect(page.locator("#palette-found")).to_contain_text("Nothing is called that")
    expect(page.get_by_role("combobox")).to_have_attribute("aria-expanded", "false")
    page.get_by_role("combobox").fill("10")
    expect(page.get_by_role("option")).to_have_count(8)  # seven colleagues and the number itself
    first = active(anna)
    page.keyboard.press("ArrowDown")
    assert active(anna) != first
    page.keyboard.press("ArrowUp")
    assert active(anna) == first
    page.keyboard.press("ArrowUp")
    last = active(anna)
    page.keyboard.press("ArrowDown")
    assert active(anna) == first
    assert last.startswith("Call 10")
    assert anna.barriers() == []
    page.keyboard.press("Escape")
    expect(page.locator("dialog#palette")).to_be_hidden()
    expect(opener).to_be_focused()


def test_pages_open_and_presence_is_chosen_from_it(anna: Visit, acme: Company) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test")
    anna.live()
    page.keyboard.press("Control+k")
    page.keyboard.type("disturb")
    expect(page.get_by_role("option").first).to_contain_text("Do not disturb")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("You chose: Do not disturb")
    expect(page.get_by_role("radio", name="Do not disturb")).to_be_checked()
    acme["anna"].refresh_from_db()
    assert acme["anna"].choice == "dnd"
    page.keyboard.press("Control+k")
    page.keyboard.type("feature codes")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Feature codes")


def test_it_makes_way_for_a_call_that_comes_to_this_browser(anna: Visit) -> None:
    page = anna.page
    anna.sign_in("anna@acme.test")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    page.evaluate("document.documentElement.toggleAttribute('data-in-call', true)")  # as the window for calls does
    expect(page.locator("dialog#palette")).to_be_hidden()


def test_on_a_phone_it_fills_the_screen_and_a_finger_does_it_all(browser: Browser, stage: Stage, acme: Company) -> None:
    with visit(browser, stage, width=360) as bob:
        page = bob.page
        bob.sign_in("bob@acme.test")
        page.get_by_role("button", name="Search or call").click()
        box = page.locator("dialog#palette").bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (0, 360)
        page.get_by_role("combobox").fill("østby")
        page.get_by_role("option", name="Håkon").click()
        expect(page.locator("#toasts")).to_contain_text("Your phone rings now")
        assert [one.to for one in bob.asked(stage, Originate, 1)] == ["108"]
        page.get_by_role("button", name="Search or call").click()
        assert (bob.overflow(), bob.barriers()) == (0, [])
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
        expect(page.locator("dialog#palette")).to_be_hidden()
        assert bob.complaints == []


def test_a_bar_tells_what_it_stands_for_under_the_pointer(anna: Visit, acme: Company) -> None:
    page = anna.page
    office.a_busy_week(acme)
    anna.sign_in("anna@acme.test", "/statistics/mine/?span=month")
    chart = page.locator(".chart").first
    chart.locator(".column:has(rect.good) .whole").last.hover(force=True)
    expect(page.locator(".chart-told").first).to_contain_text("answered")
    page.get_by_role("heading", level=1).hover()
    expect(page.locator(".chart-told").first).to_be_empty()
    page.get_by_text("As a table").first.press("Enter")
    expect(page.get_by_role("table").first).to_contain_text("%")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_field_for_everything_fits_every_width_and_has_no_barriers(
    browser: Browser, stage: Stage, acme: Company, language: str
) -> None:
    with visit(browser, stage, language=language) as window:
        window.sign_in("anna@acme.test")
        window.page.keyboard.press("Control+k")
        window.page.keyboard.type("a")
        expect(window.page.get_by_role("option").first).to_be_visible()
        expect(window.page.locator("#palette-list")).to_have_attribute("data-for", "a")
        for width, height in WIDTHS.items():
            window.page.set_viewport_size({"width": width, "height": height})
            assert window.overflow() == 0, width
            window.picture(f"palette-{language}-{width}")
        assert window.barriers() == []
        assert window.complaints == []
