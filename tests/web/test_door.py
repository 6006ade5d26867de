"""Coming in: signing in and out, invitations, and that nothing is seen from outside."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from tests.web.office import PASSWORD, Company

from svara.people import actions
from svara.people.models import Account

OPEN = {
    "access-ask",
    "front",
    "status",
    "carddav",
    "carddav-below",
    "carddav-well-known",
    "cookies",
    "app-manifest",
    "door-language",
    "invitation",
    "link",
    "link-code",
    "outside-act",
    "outside-data",
    "outside-export",
    "outside-fetch",
    "outside-leave",
    "news",
    "news-confirm",
    "news-undo",
    "news-withdraw",
    "offline",
    "phonebook-xml",
    "provision",
    "policy-public",
    "policy-version",
    "privacy-ask",
    "privacy-door",
    "passkey-options",
    "passkey-sign-in",
    "second-step",
    "second-step-options",
    "service-worker",
    "sign-in",
    "start",
    "start-company",
    "start-demo",
    "start-with",
    "staff-invitation",
    "staff-second-step",
    "staff-sign-in",
}
"""The only pages that a stranger may ask for; phones ask for phonebooks with a password of their own, and for
their settings with a secret of their own. What a browser keeps of an app is the same for everybody."""


def sign_in(browser: Client, name: str, password: str = PASSWORD, **more: str):
    return browser.post("/sign-in/", {"name": name, "password": password, **more})


@pytest.mark.claim("TB-3")
def test_a_stranger_is_led_to_the_door_from_every_page(db: None) -> None:
    stranger = Client()
    for pattern in get_resolver().url_patterns:
        if not isinstance(pattern, URLPattern) or pattern.name is None or pattern.name in OPEN:  # the API asks for itself
            continue
        path = "/" + re.sub(r"<\w+:\w+>", "1", str(pattern.pattern))
        for method in ("get", "post"):
            answer = getattr(stranger, method)(path)
            assert answer.status_code == 302, f"{method} {path}"
            door = "/staff/sign-in/" if path.startswith("/staff/") else "/sign-in/?next="
            assert answer["Location"].startswith(door), path


def test_anna_signs_in_and_lands_where_she_wanted_to_go(acme: Company) -> None:
    browser = Client()
    door = browser.get("/history/?outcome=missed", follow=True)
    assert door.redirect_chain == [("/sign-in/?next=/history/%3Foutcome%3Dmissed", 302)]
    answer = sign_in(browser, "anna@acme.test", next=door.context["next"])
    assert answer["Location"] == "/history/?outcome=missed"
    assert browser.get("/history/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "http:///evil"])
def test_the_door_leads_nowhere_else(acme: Company, elsewhere: str) -> None:
    assert sign_in(Client(), "anna@acme.test", next=elsewhere)["Location"] == "/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_words(acme: Company) -> None:
    wrong = sign_in(Client(headers={"accept-language": "en"}), "anna@acme.test", "not-the-password")
    unknown = sign_in(Client(headers={"accept-language": "en"}), "nobody@acme.test", "not-the-password")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.context["error"] == unknown.context["error"]
    assert "do not belong together" in wrong.content.decode()
    assert "anna@acme.test" in wrong.content.decode(), "what was typed is still there"
    assert "not-the-password" not in wrong.content.decode()


@pytest.mark.claim("ADV-12")
def test_whoever_guesses_on_has_to_wait_and_is_told_so(acme: Company) -> None:
    guesser = Client(headers={"accept-language": "en"})
    for _ in range(30):
        answer = sign_in(guesser, "bob@acme.test", "a-guess-of-mine")
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Too many tries. Wait" in answer.content.decode()
    right = sign_in(guesser, "bob@acme.test")
    assert right.status_code == 429, "even the right password waits"


@pytest.mark.claim("PHO-5")
def test_signing_out_ends_the_session(acme: Company, browser_of) -> None:
    browser = browser_of(acme, "anna")
    assert browser.get("/sign-out/").status_code == 405, "a link or an image cannot sign anybody out"
    assert browser.post("/sign-out/")["Location"] == "/sign-in/"
    assert browser.get("/").status_code == 302


def test_who_is_in_already_does_not_see_the_door(acme: Company, browser_of) -> None:
    assert browser_of(acme, "anna").get("/sign-in/")["Location"] == "/"


@pytest.mark.claim("ADV-1")
def test_an_invitation_sets_the_password_once(acme: Company) -> None:
    token = actions.do_invite(acme["bob"])
    newcomer = Client(headers={"accept-language": "en"})
    page = newcomer.get(f"/invitation/{token}").content.decode()
    assert "Welcome, Bob Lund" in page
    assert "Acme AS has invited you" in page

    weak = newcomer.post(f"/invitation/{token}", {"password": "short"})
    assert weak.status_code == 422
    assert "too short" in weak.content.decode()

    answer = newcomer.post(f"/invitation/{token}", {"password": "a-walk-in-the-rain"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Your password is set" in answer.content.decode()
    assert Account.all_tenants.get(pk=acme["bob"].pk).check_password("a-walk-in-the-rain")

    again = Client(headers={"accept-language": "en"}).get(f"/invitation/{token}")
    assert again.status_code == 404
    assert "no longer holds" in again.content.decode()


def test_an_invented_invitation_says_what_to_do(db: None) -> None:
    answer = Client(headers={"accept-language": "en"}).get("/invitation/xxxxxxxx")
    assert answer.status_code == 404
    assert "Ask the administrator" in answer.content.decode()


def test_the_door_speaks_the_browser_s_language_or_the_chosen_one(db: None) -> None:
    browser = Client(headers={"accept-language": "nb-NO,nb;q=0.9"})
    assert '<html lang="nb"' in browser.get("/sign-in/").content.decode()
    answer = browser.post("/language/", {"language": "cs", "next": "/sign-in/?next=/history/"})
    assert answer["Location"] == "/sign-in/?next=/history/"
    assert '<html lang="cs"' in browser.get("/sign-in/").content.decode()
    assert browser.post("/language/", {"language": "xx"}).status_code == 404


@pytest.mark.claim("ADV-5")
def test_only_cookies_that_signing_in_needs_are_set(acme: Company) -> None:
    browser = Client()
    browser.get("/sign-in/")
    sign_in(browser, "anna@acme.test")
    browser.get("/")
    assert set(browser.cookies) <= {"sessionid", "csrftoken", "svara_device"}
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in browser.cookies.values())


def test_a_form_from_another_site_is_refused_in_plain_words(acme: Company) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = sign_in(browser, "anna@acme.test")
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()
