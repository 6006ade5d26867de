"""The preview of a list of people, on screens of every width."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browsing import visit
from tests.web.office import Company
from tests.web.stage import Stage

pytestmark = pytest.mark.browser

LIST = """Name;E-mail;Extension;Mobile
Ola Dahl;ola@berg.test;190;90000001
Eva Lie;eva.lie.of.the.long.names@bergogsonn.test;190;x
"""
OVER = "() => { const frame = document.querySelector('.table-frame'); return frame.scrollWidth - frame.clientWidth; }"


@pytest.mark.parametrize("width", [360, 1280])
def test_on_every_screen_anna_sees_all_that_would_happen(browser: Browser, stage: Stage, acme: Company, width: int) -> None:
    """On a small one the names were out of sight, and what was wrong was cut off at the edge."""
    with visit(browser, stage, width=width) as anna:
        anna.sign_in("anna@acme.test", "/administration/people/import/")
        anna.page.get_by_label("Rows, with a line above").fill(LIST)
        anna.page.get_by_role("button", name="Look what would happen").click()
        expect(anna.page.locator("table")).to_contain_text("“x” is no telephone number.")
        assert anna.page.evaluate(OVER) == 0
        anna.picture(f"people-import-{width}")
        assert anna.barriers() == []
