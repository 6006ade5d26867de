"""Support access in Chromium: the pages of the provider's staff, the banners of both sides, at three widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from tests.privacy.staff import stories
from tests.privacy.staff.stories import PASSWORD, WHY
from tests.web import office
from tests.web.browsing import WIDTHS, Visit, visit
from tests.web.office import Company
from tests.web.stage import Stage
from tests.web.support_stories import let_in

from svara.people import staffdoor
from svara.people.actions import do_create_token
from svara.privacy.audit.port import OPERATOR
from svara.privacy.staff import asking

pytestmark = pytest.mark.browser


def signs_in(window: Visit, email: str) -> None:
    window.go("/staff/sign-in/")
    window.page.fill("#name", email)
    window.page.fill("#password", PASSWORD)
    window.page.press("#password", "Enter")
    window.page.wait_for_selector("body.backstage")


def is_for_everybody(window: Visit, name: str) -> None:
    """No barrier, and nothing wider than the window, at every width."""
    for width, height in WIDTHS.items():
        window.page.set_viewport_size({"width": width, "height": height})
        assert window.overflow() == 0, (name, width)
        assert window.barriers() == [], (name, width)
        window.picture(f"support-{name}-{width}")


def test_olga_asks_anna_lets_her_look_and_ends_it(browser: Browser, stage: Stage, acme: Company) -> None:
    olga = stories.olga()
    with visit(browser, stage) as hers, visit(browser, stage) as annas:
        signs_in(hers, olga.email)
        hers.page.fill("#company", "acme")
        hers.page.fill("#reason", WHY)
        hers.page.get_by_role("button", name="Ask").press("Enter")
        expect(hers.page.get_by_text("The company is asked.")).to_be_visible()

        annas.sign_in("anna@acme.test")
        expect(annas.page.locator(".support")).to_contain_text("asks to look at this company")
        annas.page.get_by_role("link", name="Answer").click()
        annas.page.get_by_role("button", name="Let them look").click()
        expect(annas.page.get_by_role("button", name="Let them look")).to_have_count(0)
        expect(annas.page.locator(".support")).to_contain_text("Olga Strand")

        hers.go("/staff/")
        hers.page.get_by_role("button", name="Enter the company").click()
        expect(hers.page.locator(".support")).to_contain_text("You are in Acme AS as support of the provider, until")
        hers.page.get_by_role("link", name="Bob Lund").click()
        expect(hers.page.get_by_role("button", name="Save", exact=False).first).to_be_disabled()
        assert hers.page.locator(".support button").is_enabled(), "the way out stays"

        annas.page.locator(".support").get_by_role("button", name="End it now").click()
        expect(annas.page.locator(".support")).to_have_count(0)
        hers.page.reload()
        expect(hers.page.get_by_text("This is not for you")).to_be_visible()
        assert hers.complaints == []
        assert annas.complaints == []


def test_pages_of_staff_have_no_barriers(browser: Browser, stage: Stage, acme: Company, beta: Company) -> None:
    erik = stories.erik()
    office.answered(acme, "dag", "bob", ago_seconds=60)
    let_in(erik, acme, content=True)
    asking.do_ask(erik, "beta", WHY, role="engineer", minutes=60)
    _other, token = staffdoor.do_add("Olga Strand", "olga@provider.test", "support")
    with visit(browser, stage) as window:
        for name, path in (
            ("sign-in", "/staff/sign-in/"),
            ("invitation", f"/staff/invitation/{token}"),
            ("gone", "/staff/invitation/x"),
        ):
            window.go(path)
            is_for_everybody(window, name)
        signs_in(window, erik.email)
        is_for_everybody(window, "home")
        window.page.get_by_role("button", name="Enter the company").click()
        window.page.wait_for_selector(".app")
        is_for_everybody(window, "visit")
        for name, path in (
            ("settings", "/administration/people/item/bob/"),
            ("history", "/history/"),
            ("voicemail", "/voicemail/"),
            ("queues", "/queues/"),
        ):
            window.go(path)
            is_for_everybody(window, name)
        window.go("/profile/")
        is_for_everybody(window, "refused")


def test_the_companys_page_has_no_barriers(browser: Browser, stage: Stage, acme: Company) -> None:
    olga, erik = stories.olga(), stories.erik()
    let_in(erik, acme, content=True)
    do_create_token(acme["bob"], "svara token", by=OPERATOR, reason="Test of the interface to the CRM")
    with visit(browser, stage) as window:
        window.sign_in("anna@acme.test", "/administration/privacy/support/")
        window.page.fill("#reason", "The queue loses calls at noon")
        window.page.get_by_role("button", name="Let support look").click()
        expect(window.page.get_by_text("the door is open, nobody has come yet").first).to_be_visible()
        asking.do_ask(olga, "acme", WHY, role="support", minutes=60, content=True)
        window.page.reload()
        is_for_everybody(window, "company")
        window.go("/history/")
        is_for_everybody(window, "banner")
        assert window.complaints == []


def test_the_companys_page_in_the_dark_and_in_russian(browser: Browser, stage: Stage, acme: Company) -> None:
    let_in(stories.olga(), acme)
    with visit(browser, stage, width=360, scheme="dark", language="ru") as window:
        window.sign_in("anna@acme.test", "/administration/privacy/support/")
        expect(window.page.get_by_role("heading", name="Доступ поддержки")).to_be_visible()
        assert window.overflow() == 0
        assert window.barriers() == []
        window.picture("support-company-dark-ru")
