"""The navigation on a telephone: a bar whose names can be read in every language, and what else there is behind "More"."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.web import furnished, office
from tests.web.browsing import visit
from tests.web.office import Company
from tests.web.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CUT = """() => [...document.querySelectorAll('.nav ul:not([popover]) > li > :is(a, button)')].map((one) => {
  const [name, box] = [one.querySelector('span'), one.getBoundingClientRect()];
  const words = document.createRange();
  words.selectNodeContents(name);
  const width = words.getBoundingClientRect();
  const inside = width.left >= box.left && width.right <= box.right && box.right <= innerWidth;
  return [name.textContent, inside && width.width > 0];
})"""


@pytest.fixture
def fjellvik(stage: Stage, settings: Any) -> Company:
    """Ingrid administers it, and has queues and conferences; Petra has neither."""
    settings.DATA = stage.data
    company = furnished.the_demo()
    for account in company.people.values():
        account.set_password(office.PASSWORD)
        account.save()
    return company


def bar(page: Page) -> list[str]:
    return page.locator(".nav ul:not([popover]) > li > :is(a, button)").all_inner_texts()


@pytest.mark.parametrize("language", ["en", "cs", "lv", "nb", "ru", "sv"])
def test_every_name_in_the_bar_can_be_read(browser: Browser, stage: Stage, fjellvik: Company, language: str) -> None:
    with visit(browser, stage, width=360, language=language) as ingrid:
        ingrid.sign_in("ingrid@fjellvik.example")
        named = ingrid.page.evaluate(CUT)
        assert len(named) == 5
        assert [name for name, whole in named if not whole] == []
        assert ingrid.overflow() == 0


def test_ingrid_finds_all_else_behind_more_with_the_keyboard(browser: Browser, stage: Stage, fjellvik: Company) -> None:
    with visit(browser, stage, width=360) as ingrid:
        page = ingrid.page
        ingrid.sign_in("ingrid@fjellvik.example")
        assert bar(page) == ["People", "History", "Queues", "Voicemail", "More"]
        more, sheet = page.get_by_role("button", name="More", exact=True), page.locator("#nav-more")
        expect(sheet).to_be_hidden()
        more.focus()
        page.keyboard.press("Enter")
        expect(sheet).to_be_visible()
        assert ingrid.barriers() == []
        ingrid.picture("more-360")
        page.keyboard.press("Tab")
        expect(sheet.get_by_role("link", name="Missed callers")).to_be_focused()
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        expect(more).to_be_focused()

        more.click()
        names = ["Missed callers", "Contacts", "Statistics", "Conferences", "Profile", "My data", "Administration"]
        assert sheet.get_by_role("link").all_inner_texts() == names
        sheet.get_by_role("link", name="Contacts").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")
        expect(sheet).to_be_hidden()
        here = more.evaluate("one => getComputedStyle(one).color"), page.evaluate("getComputedStyle(document.body).color")
        assert here[0] != here[1], "where one is can be seen in the bar"
        page.set_viewport_size({"width": 1440, "height": 900})
        expect(more).to_be_hidden()
        expect(page.get_by_role("link", name="Administration")).to_be_visible()


def test_petra_without_queues_has_her_contacts_in_the_bar(browser: Browser, stage: Stage, fjellvik: Company) -> None:
    with visit(browser, stage, width=360) as petra:
        petra.sign_in("petra@fjellvik.example")
        assert bar(petra.page) == ["People", "History", "Contacts", "Voicemail", "More"]
        petra.page.get_by_role("button", name="More", exact=True).click()
        names = petra.page.locator("#nav-more").get_by_role("link").all_inner_texts()
        assert "Contacts" not in names
        assert {"Statistics", "Profile", "My data"} <= set(names)
