"""The public zone and the requests for access at every width, in light and dark; Kari asks by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from tests.admission.stories import ask
from tests.web.browsing import WIDTHS, visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.admission import actions
from svara.admission.models import Request

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_kari_asks_by_keyboard_and_anna_finds_it(browser: Browser, stage: Stage, acme: Company, settings: object) -> None:
    settings.DATA = stage.data  # type: ignore[attr-defined]  # what is sealed there is opened here
    actions.do_receive(acme["anna"], open_=True)
    with visit(browser, stage) as kari:
        kari.go("/access/acme/")
        kari.page.get_by_label("Your name").press_sequentially("Kari Nordmann", delay=60)
        kari.page.keyboard.press("Tab")
        kari.page.keyboard.type("kari@example.test", delay=60)
        kari.page.get_by_label("I agree that Acme AS").focus()
        kari.page.keyboard.press("Space")
        kari.page.keyboard.press("Enter")
        expect(kari.page.get_by_role("status")).to_contain_text("Thank you.")
        assert kari.complaints == []
    assert Request.of(acme.tenant).get().name == "Kari Nordmann"
    with visit(browser, stage) as anna:
        anna.sign_in("anna@acme.test", "/administration/access/")
        anna.page.get_by_role("button", name="Delete · Kari Nordmann").click()
        expect(anna.page.get_by_role("dialog").get_by_role("button", name="Keep it")).to_be_focused()
        assert anna.barriers() == []
        anna.page.keyboard.press("Escape")
        anna.page.get_by_role("button", name="Let in · Kari Nordmann").click()
        expect(anna.page.locator("main")).to_contain_text("/invitation/")


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "ru")])
def test_they_fit_every_screen_without_a_barrier(
    browser: Browser, stage: Stage, acme: Company, settings: object, scheme: str, language: str
) -> None:
    settings.DATA = stage.data  # type: ignore[attr-defined]
    actions.do_receive(acme["anna"], open_=True)
    ask(acme.tenant, name="Maximiliane von und zu Hohenstein-Wolfenbüttel", company="X" * 120)
    ask(acme.tenant, contact="other@example.test")
    actions.do_refuse(acme["anna"], Request.of(acme.tenant).order_by("asked_at")[1].id)
    for width in WIDTHS:
        with visit(browser, stage, width=width, scheme=scheme, language=language) as window:
            for name in ("welcome", "status", "access/acme"):
                window.go(f"/{name}/")
                window.picture(f"{name.replace('/', '-')}-{scheme}-{width}")
                assert (name, width, window.overflow(), window.barriers()) == (name, width, 0, [])
            window.sign_in("anna@acme.test", "/administration/access/")
            window.picture(f"requests-for-access-{scheme}-{width}")
            assert (width, window.overflow(), window.barriers()) == (width, 0, [])
            assert window.complaints == []
