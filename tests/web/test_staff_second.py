"""Olga of support puts an app with codes before her door, too: her password alone opens no company."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from django.test import Client
from tests.privacy.staff.stories import PASSWORD, olga
from tests.web.support_stories import addresses, at_the_door
from tests.web.test_second import Clock, browser, words

from svara.data import DataFolder
from svara.people import staffdoor
from svara.people.second import codes
from svara.people.second import staff as second
from svara.privacy.errors import Invalid
from svara.privacy.staff.models import Staff
from svara.web.visiting import OUTSIDE

pytestmark = [pytest.mark.claim("ADV-12")]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The time as the test says it is."""
    made = Clock()
    monkeypatch.setattr("svara.people.second.staff.time.time", made)
    return made


@pytest.fixture
def hers(data_folder: DataFolder, db: None) -> Staff:
    return olga()


def password(client: Client, staff: Staff) -> str:
    return str(client.post("/staff/sign-in/", {"name": staff.email, "password": PASSWORD})["Location"])


def set_up(client: Client, clock: Clock) -> pyotp.TOTP:
    """An app, confirmed with the code before this one."""
    assert client.post("/staff/code/new/")["Location"] == "/staff/code/"
    secret = re.search(r'<code id="secret">([A-Z2-7 ]+)</code>', words(client.get("/staff/code/")))
    assert secret is not None
    app = pyotp.TOTP(secret[1].replace(" ", ""))
    assert client.post("/staff/code/", {"code": "000000"}).status_code == 422
    assert client.post("/staff/code/", {"code": app.at(int(clock.now) - codes.STEP_SECONDS)})["Location"] == "/staff/"
    return app


def test_the_password_alone_opens_nothing(hers: Staff, clock: Clock) -> None:
    here = at_the_door(hers)
    app = set_up(here, clock)
    half = browser()
    assert password(half, hers) == "/staff/sign-in/second/"
    for name, path in addresses():
        if name.startswith("staff-") and name not in OUTSIDE:
            assert half.get(path)["Location"].startswith("/staff/sign-in/"), path
    assert half.get("/").status_code == 302
    code = app.at(int(clock.now))
    assert half.post("/staff/sign-in/second/", {"code": "000000"}).status_code == 422
    assert half.post("/staff/sign-in/second/", {"code": code})["Location"] == "/staff/"
    assert half.get("/staff/").status_code == 200
    again = browser()
    password(again, hers)
    assert again.post("/staff/sign-in/second/", {"code": code}).status_code == 422, "used before"


def test_codes_are_not_guessed_and_it_waits_ten_minutes(hers: Staff, clock: Clock) -> None:
    app = set_up(at_the_door(hers), clock)
    guesser = browser()
    password(guesser, hers)
    for _number in range(5):
        assert guesser.post("/staff/sign-in/second/", {"code": "000000"}).status_code == 422
    held = guesser.post("/staff/sign-in/second/", {"code": app.at(int(clock.now))})
    assert held.status_code == 429
    session = guesser.session
    session[second.PENDING] = session[second.PENDING] | {"at": time.time() - 3600}
    session.save()
    assert guesser.get("/staff/sign-in/second/")["Location"] == "/staff/sign-in/"


def test_a_new_invitation_does_not_go_round_it(hers: Staff, clock: Clock) -> None:
    set_up(at_the_door(hers), clock)
    answer = browser().post(f"/staff/invitation/{staffdoor.do_invite(hers.email)}", {"password": "a-walk-in-the-rain"})
    assert answer["Location"] == "/staff/sign-in/second/"


def test_it_goes_with_a_code_or_by_whoever_runs_the_server(hers: Staff, clock: Clock) -> None:
    here = at_the_door(hers)
    app = set_up(here, clock)
    assert "is not right" in words(here.post("/staff/code/remove/", {"code": "000000"}, follow=True))
    assert password(browser(), hers) == "/staff/sign-in/second/"
    assert "The app is removed" in words(here.post("/staff/code/remove/", {"code": app.at(int(clock.now))}, follow=True))
    assert password(browser(), hers) == "/staff/"
    clock.now += codes.STEP_SECONDS
    set_up(here, clock)
    second.do_reset_code(hers.email.upper())
    assert password(browser(), hers) == "/staff/"
    with pytest.raises(Invalid):
        second.do_reset_code("nobody@provider.test")


def test_a_session_from_this_morning_cannot_set_one_up(hers: Staff, clock: Clock) -> None:
    here = at_the_door(hers)
    session = here.session
    session[staffdoor.SESSION] = session[staffdoor.SESSION] | {"at": time.time() - timedelta(hours=4).total_seconds()}
    session.save()
    assert "Sign out and in again first" in words(here.post("/staff/code/new/", follow=True))
    assert Staff.objects.get(pk=hers.pk).code_sealed == b""
