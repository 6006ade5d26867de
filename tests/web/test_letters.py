"""Anna writes to Acme's readers on a page, looks at it, tries it, and sends it; Bob cannot. Kari gets out by one click."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser
from tests.letters.stories import TEXTS, leaves, post_office, reader, sent_by
from tests.voicemail.mailserver import MailServer
from tests.web import office
from tests.web.browsing import WIDTHS, visit
from tests.web.office import Company
from tests.web.stage import Stage

from svara.letters.models import Letter
from svara.letters.sending import send_portion
from svara.privacy.functions import notices, outside
from svara.privacy.functions.registry import NEWS

SignedIn = Callable[..., Client]
KARI = "kari@nordmann.example"
WRITTEN = {
    "subject-en": TEXTS["en"][0],
    "text-en": TEXTS["en"][1],
    "subject-nb": TEXTS["nb"][0],
    "text-nb": TEXTS["nb"][1],
}


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with post_office(settings) as server:
        yield server


@pytest.fixture
def real(acme: Company) -> Company:
    """Acme is no demo here."""
    acme.tenant.demo = False
    acme.tenant.save()
    return acme


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.claim("PHO-9")
def test_anna_writes_looks_tries_and_sends(real: Company, browser_of: SignedIn, post: MailServer) -> None:
    browser = browser_of(real, "anna")
    assert "Nobody can sign up yet" in words(browser.get("/administration/news/"))
    notices.do_say(real.tenant, "news", "en", "Once a month.")
    reader(real.tenant, KARI)
    assert "1 reader has agreed to news by e-mail." in words(browser.get("/administration/news/"))
    saved = browser.post("/administration/news/new/", WRITTEN)
    assert saved.status_code == 302
    page = words(browser.get(saved["Location"]))
    for part in (
        "we built a bench",
        "har bygd en benk",
        "because you agreed to “News and offers by e-mail”",
        "1 reader would get it",
    ):
        assert part in page
    assert browser.post(saved["Location"] + "test/", {"language": "nb"}).status_code == 302
    assert post.mails[0][0] == ["anna@acme.test"]
    assert browser.post(saved["Location"] + "send/").status_code == 302
    assert "0 of 1" in words(browser.get(saved["Location"]))
    part = browser.get(saved["Location"], headers={"HX-Request": "true"})
    assert "<html" not in words(part)
    assert 'hx-trigger="every 2s"' in words(part)
    while send_portion():
        pass
    send_portion()
    done = words(browser.get(saved["Location"]))
    assert "1 of 1" in done
    assert "hx-trigger" not in done.partition("progress-title")[2].partition("</section>")[0]
    assert KARI not in done, "nobody reads the addresses"
    assert [to for to, _mail in post.mails] == [["anna@acme.test"], [KARI]]


def test_what_cannot_be_sent_is_said_and_kept(real: Company, browser_of: SignedIn, post: MailServer) -> None:
    browser = browser_of(real, "anna")
    answer = browser.post("/administration/news/new/", {"subject-en": "Hello", "text-en": ""})
    assert answer.status_code == 422
    assert "needs a subject and a text" in words(answer)
    assert 'value="Hello"' in words(answer)
    bad = browser.post("/administration/news/new/", {"subject-en": "a\nBcc: all@acme.test", "text-en": "x"})
    assert bad.status_code == 422
    huge = browser.post("/administration/news/new/", {"subject-en": "a", "text-en": "x" * 30_000})
    assert huge.status_code == 422
    assert not Letter.all_tenants.exists()
    place = browser.post("/administration/news/new/", {"subject-en": "<b>Hi</b>", "text-en": "<script>x</script>"})[
        "Location"
    ]
    page = words(browser.get(place))
    assert "<script>x" not in page
    assert "<b>Hi" not in page
    refused = browser.post(place + "send/")
    assert refused.status_code == 422
    assert "Nobody would get it" in words(refused)
    assert browser.post(place + "remove/").status_code == 302
    assert not Letter.all_tenants.exists()


@pytest.mark.parametrize("username", ["bob", "cecilie"])
def test_others_are_kept_out(real: Company, beta: Company, browser_of: SignedIn, username: str, post: MailServer) -> None:
    reader(real.tenant, KARI)
    letter = sent_by(real["anna"])
    pages = ["/administration/news/", "/administration/news/new/", f"/administration/news/{letter.id}/"]
    browser, stranger = browser_of(real, username), browser_of(beta, "anna")
    for page in pages:
        assert browser.get(page).status_code == 403
    for step in ("send/", "stop/", "test/", "remove/"):
        assert browser.post(pages[2] + step).status_code == 403
        assert stranger.post(pages[2] + step).status_code == 404
    assert stranger.get(pages[2]).status_code == 404
    assert browser.post(pages[1], WRITTEN).status_code == 403


@pytest.fixture
def hall(stage: Stage, settings: Any) -> Stage:
    """The running web process; what is sealed here is opened there."""
    settings.DATA = stage.data
    return stage


@pytest.mark.browser
@pytest.mark.claim("PHO-9")
@pytest.mark.claim("ADV-13")
def test_kari_gets_out_by_one_click_and_takes_it_back(hall: Stage, browser: Browser) -> None:
    acme = office.company("acme", "Acme AS", office.ACME)
    kari = reader(acme.tenant, KARI)
    with visit(browser, hall) as seen:
        seen.go(leaves(acme.tenant, KARI))
        assert seen.barriers() == []
        for width, height in WIDTHS.items():
            seen.page.set_viewport_size({"width": width, "height": height})
            assert seen.overflow() == 0, width
        assert outside.agreed(acme.tenant.id, kari, NEWS)
        seen.page.get_by_role("button", name="No more letters").click()
        seen.page.wait_for_selector("text=No more letters will come")
        assert not outside.agreed(acme.tenant.id, kari, NEWS)
        assert seen.barriers() == []
        seen.page.get_by_role("button", name="That was a slip").click()
        seen.page.wait_for_selector("text=You agreed again")
        assert outside.agreed(acme.tenant.id, kari, NEWS)


@pytest.mark.browser
def test_anna_sends_a_letter_in_the_browser(hall: Stage, browser: Browser) -> None:
    """The buttons ask before anything goes out; where no mail server is set they say so and do nothing."""
    acme = office.company("acme", "Acme AS", office.ACME)
    reader(acme.tenant, KARI)
    with visit(browser, hall) as seen:
        seen.sign_in("anna@acme", "/administration/news/new/")
        seen.page.fill("#subject-en", "Autumn")
        seen.page.fill("#text-en", "We built a bench.")
        seen.page.get_by_role("button", name="Save the draft").click()
        seen.page.wait_for_selector("text=What readers get")
        assert seen.page.get_by_role("button", name="Send to all who agreed").is_disabled()
        seen.page.get_by_role("button", name="Throw the draft away").click()
        seen.page.get_by_role("button", name="Keep it").click()
        assert Letter.all_tenants.count() == 1
        seen.page.get_by_role("button", name="Throw the draft away").click()
        seen.page.get_by_role("button", name="Throw it away").click()
        seen.page.wait_for_selector("text=No letter has been written yet")
        assert not Letter.all_tenants.exists()
