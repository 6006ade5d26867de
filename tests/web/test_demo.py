"""The page of a demo company and its mark, as people see them: on a phone too, and by those who cannot see."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browsing import visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.people.models import DemoWipe, Tenant


@pytest.mark.browser
@pytest.mark.claim("K2-6")
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_sees_that_it_is_a_demo_and_when_it_goes(
    browser: Browser, stage: Stage, acme: Company, width: int
) -> None:
    Tenant.objects.update(demo=True)
    gone = [{"table": "history.Call", "count": 27, "how": "deleted", "digest": "9" * 64}]
    DemoWipe.objects.create(tenant="0" * 32, slug="acme", at=datetime.now(UTC), gone=gone, keys=31, digest="a" * 64)
    with visit(browser, stage, width=width) as window:
        window.sign_in("anna@acme.test", "/")
        page = window.page
        expect(page.get_by_text("Everything here goes at")).to_be_visible()
        page.get_by_role("link", name="What that means").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="What becomes of it")).to_be_visible()
        expect(page.get_by_text("31 keys destroyed")).to_be_visible()
        expect(page.get_by_text("no backup has a demo office in it")).to_be_visible()
        assert window.overflow() == 0
        assert window.barriers() == []
