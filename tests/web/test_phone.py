"""The phone in the browser gets a pass from its page: whoever is signed in, for themselves, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from django.conf import settings
from django.test import Client
from tests.privacy.staff.stories import olga
from tests.web.office import PASSWORD, Company
from tests.web.support_stories import inside

from svara.people import signedin, softphone
from svara.people.browserphone import PASS_SECONDS, TOPIC_ENDED, Ended, login_of, password_of, read
from svara.web.pages.story import phone_named

ASK = "/phone/credentials/"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sessions of which the calls process hears that they are over."""
    sessions: list[str] = []

    def announce(_data: object, topic: str, payloads: list[bytes]) -> None:
        assert topic == TOPIC_ENDED
        sessions.extend(one for each in payloads for one in msgspec.msgpack.decode(each, type=Ended).sessions)

    monkeypatch.setattr(softphone, "announce", announce)
    return sessions


def signed_in(who: str = "anna@acme.test") -> Client:
    client = Client(headers={"accept-language": "en"})
    assert client.post("/sign-in/", {"name": who, "password": PASSWORD}).status_code == 302
    return client


def session_of(client: Client) -> str:
    return str(client.session[signedin.SESSION_KEY])


def test_annas_page_gets_a_pass_for_her_own_phone_and_her_session(acme: Company) -> None:
    client = signed_in()
    answer = client.post(ASK)
    given = answer.json()
    found = read(given["login"])
    assert found is not None
    assert (found.login, found.session) == (login_of(acme["anna"].id), session_of(client))
    assert given["phone"] == found.login
    assert given["password"] == password_of(settings.BROWSER_KEY, given["login"])
    assert (given["address"], given["expires_seconds"]) == ("ws://testserver/sip", PASS_SECONDS)
    assert answer["Cache-Control"] == "no-store"


def test_behind_https_the_way_is_secure_too(acme: Company) -> None:
    assert signed_in().post(ASK, secure=True).json()["address"].startswith("wss://")


def test_another_site_gets_none(acme: Company) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in().cookies
    assert strict.post(ASK).status_code == 403
    assert strict.get(ASK).status_code == 405


def test_who_looks_in_from_the_provider_makes_no_calls_in_anybodys_name(acme: Company) -> None:
    browser, _grant = inside(olga(), acme)
    assert browser.post(ASK).status_code in (403, 404)
    assert 'id="phone"' not in browser.get("/staff/visit/").content.decode()


def test_a_session_that_nobody_can_end_gets_none(acme: Company, browser_of: Callable[[Company, str], Client]) -> None:
    client = browser_of(acme, "anna")
    assert signedin.SESSION_KEY not in client.session
    assert client.post(ASK).status_code == 403


@pytest.mark.claim("PHO-5")
@pytest.mark.django_db(transaction=True)
def test_signing_out_ends_the_phone_at_once(acme: Company, told: list[str]) -> None:
    client = signed_in()
    session = session_of(client)
    client.post("/sign-out/")
    assert told == [session]


@pytest.mark.claim("ADV-8")
@pytest.mark.django_db(transaction=True)
def test_a_session_ended_on_another_device_ends_its_phone_at_once(acme: Company, told: list[str]) -> None:
    here, there, third = signed_in(), signed_in(), signed_in()
    here.post(f"/profile/devices/sessions/{session_of(there)}/end/")
    assert told == [session_of(there)]
    here.post("/profile/devices/others/")
    assert told == [session_of(there), session_of(third)]
    assert here.post(ASK).status_code == 200


def test_the_story_of_a_call_names_the_browser_and_no_login_of_it() -> None:
    assert phone_named(login_of("a" * 32)) == "in the browser"
    assert phone_named("anna-desk") == "anna-desk"
