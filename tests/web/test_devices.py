"""Anna sees where she is signed in, ends what is not hers with its next request, and is told of a browser never seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, expect
from tests.web.browsing import WIDTHS, visit
from tests.web.office import PASSWORD, Company
from tests.web.stage import Stage

from svara.people import signedin
from svara.people.models import Device, SignedIn

pytestmark = [pytest.mark.claim("ADV-12")]
SignedInBrowser = Callable[..., Client]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"


def browser(agent: str = FIREFOX) -> Client:
    return Client(headers={"accept-language": "en", "user-agent": agent})


def signs_in(client: Client, who: str = "anna@acme.test") -> Client:
    assert client.post("/sign-in/", {"name": who, "password": PASSWORD}).status_code == 302
    return client


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_session_ended_elsewhere_is_over_with_its_next_request(acme: Company) -> None:
    here, there = signs_in(browser()), signs_in(browser(PHONE))
    page = words(here.get("/profile/devices/"))
    assert "Firefox, Linux, 127.0.0.0/24" in page
    assert "Chrome, Android, 127.0.0.0/24" in page
    assert "127.0.0.1" not in page
    session_id = there.session[signedin.SESSION_KEY]
    assert there.get("/api/v1/me").status_code == 200
    assert here.post(f"/profile/devices/sessions/{session_id}/end/").status_code == 302
    assert there.get("/api/v1/me").status_code == 401
    assert there.get("/")["Location"].startswith("/sign-in/")
    assert here.get("/").status_code == 200


def test_out_everywhere_else(acme: Company) -> None:
    here, others = signs_in(browser()), [signs_in(browser(PHONE)) for _ in range(3)]
    assert here.post("/profile/devices/others/").status_code == 302
    assert [each.get("/").status_code for each in others] == [302, 302, 302]
    assert here.get("/").status_code == 200
    assert SignedIn.all_tenants.filter(account=acme["anna"]).count() == 1
    here.post("/sign-out/")
    assert SignedIn.all_tenants.filter(account=acme["anna"]).count() == 0


def test_a_new_password_ends_the_other_sessions(acme: Company) -> None:
    here, there = signs_in(browser()), signs_in(browser(PHONE))
    assert here.post("/profile/password/", {"old": PASSWORD, "new": "another-horse-battery"}).status_code == 302
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200
    assert SignedIn.all_tenants.filter(account=acme["anna"]).count() == 1


def test_anna_is_told_of_a_browser_that_was_never_seen_before(acme: Company) -> None:
    here = signs_in(browser())
    assert "Was it you?" not in words(here.get("/"))
    stranger = signs_in(browser(PHONE))
    assert "Was it you?" in words(here.get("/"))
    assert "Was it you?" not in words(stranger.get("/"))
    stranger.post("/profile/devices/known/")
    assert "Was it you?" in words(here.get("/")), "not waved away by the stranger"
    device = Device.all_tenants.filter(account=acme["anna"]).get(browser="Chrome")
    assert here.post(f"/profile/devices/{device.id}/forget/").status_code == 302
    assert stranger.get("/").status_code == 302
    assert "Was it you?" not in words(here.get("/"))
    signs_in(stranger)  # with the cookie that it still has
    assert "Was it you?" in words(here.get("/"))
    here.post("/profile/devices/known/")
    assert "Was it you?" not in words(here.get("/"))


def test_the_same_browser_is_known_again(acme: Company) -> None:
    client = signs_in(browser())
    cookie = client.cookies[settings.DEVICE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/sign-in/")
    assert int(cookie["max-age"]) == 365 * 24 * 3600
    for _ in range(3):
        client.post("/sign-out/")
        signs_in(client)
    assert Device.all_tenants.filter(account=acme["anna"]).count() == 1
    signs_in(client_of(client), "bob@acme.test")
    assert Device.all_tenants.filter(account=acme["bob"]).get().new is False


def client_of(other: Client) -> Client:
    """Somebody else at the same browser."""
    client = browser()
    client.cookies[settings.DEVICE_COOKIE_NAME] = other.cookies[settings.DEVICE_COOKIE_NAME].value
    return client


def test_nobody_ends_what_is_anothers(acme: Company, beta: Company) -> None:
    anna, bob, stranger = signs_in(browser()), signs_in(browser(), "bob@acme.test"), signs_in(browser(), "anna@beta.test")
    session_id = anna.session[signedin.SESSION_KEY]
    device = Device.all_tenants.filter(account=acme["anna"]).get()
    for other in (bob, stranger):
        assert other.post(f"/profile/devices/sessions/{session_id}/end/").status_code == 404
        assert other.post(f"/profile/devices/{device.id}/forget/").status_code == 404
        assert other.get(f"/profile/devices/sessions/{session_id}/end/").status_code == 405
    assert anna.get("/").status_code == 200
    assert browser().get("/profile/devices/").status_code == 302


@pytest.mark.claim("ADV-7")
def test_a_session_tells_its_version_and_screen_and_nobody_anothers(acme: Company) -> None:
    here, there = signs_in(browser()), signs_in(browser(PHONE))
    facts = {"version": "0.1.0+3fa9c21", "screen": "412×915"}
    assert there.post("/profile/devices/here/", facts).status_code == 204
    page = words(here.get("/profile/devices/"))
    assert "Chrome, Android" in page
    assert "Svara 0.1.0+3fa9c21" in page
    assert "screen 412×915" in page
    assert "Svara 0.1.0+3fa9c21 · Chrome · Android · 412×915 · en" in words(there.get("/profile/devices/"))
    assert "412×915" not in words(signs_in(browser(), "bob@acme.test").get("/profile/devices/"))
    for nonsense in ({"version": "<b>" * 9, "screen": "0×0"}, {"version": "1" * 25, "screen": "99999999×9"}, {}):
        assert there.post("/profile/devices/here/", nonsense).status_code == 204
        row = SignedIn.all_tenants.get(pk=there.session[signedin.SESSION_KEY])
        assert (row.version, row.screen) == ("", "")
    assert there.get("/profile/devices/here/").status_code == 405
    there.post("/profile/devices/here/", facts)
    assert 'data-told="0.1.0+3fa9c21 412×915"' in words(there.get("/")), "so that its pages need not tell it again"
    assert browser().post("/profile/devices/here/", facts).status_code == 302


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_fits_has_no_barriers_and_works(stage: Stage, browser: Browser, acme: Company, language: str) -> None:
    with visit(browser, stage, language=language) as first:
        first.sign_in("anna@acme.test")
        for width in WIDTHS:
            with visit(browser, stage, width=width, language=language) as seen:
                seen.sign_in("anna@acme.test", "/profile/devices/")
                assert seen.overflow() <= 0, width
                assert seen.complaints == []
        first.go("/profile/devices/")
        for width, height in WIDTHS.items():
            expect(first.page.locator(".rows").first).to_contain_text(f"{width}×{height}")
        assert first.overflow() <= 0
        assert first.barriers() == []
        assert first.page.locator("form[action$='/end/']").count() == len(WIDTHS)
        first.page.locator("form[action$='/others/'] button").click()
        first.page.wait_for_selector(".toast")
        expect(first.page.locator("form[action$='/end/']")).to_have_count(0)
        first.page.locator("form[action$='/known/'] button").click()
        first.page.wait_for_load_state()
        expect(first.page.locator("form[action$='/known/']")).to_have_count(0)
