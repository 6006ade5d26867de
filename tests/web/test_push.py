"""The page on which Anna lets her browser be woken, its trial, and the list of such browsers; without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.peers.pushservice import PushService, Subscribed
from tests.web.office import PASSWORD, Company

from svara.people import signedin
from svara.people.models import PushDevice
from svara.privacy.functions.port import enabled
from svara.privacy.functions.registry import CALL_PUSH
from svara.push.vapid import from_base64url
from svara.web import installed

pytestmark = pytest.mark.claim("ADV-8")
PAGE = "/profile/browser-phone/"
BrowserOf = Callable[[Company, str], Client]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    found = PushService(tmp_path / "push")
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    yield found
    found.close()


def signed_in(company: Company, who: str = "anna") -> Client:
    browser = Client(headers={"accept-language": "en", "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})
    mail = company[who].email
    assert browser.post("/sign-in/", {"name": mail, "password": PASSWORD}).status_code == 302
    return browser


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def turn_on(browser: Client, service: PushService) -> Subscribed:
    mine = service.subscribe()
    answer = browser.post("/profile/push/on/", mine.given, follow=True)
    assert "Calls show in this browser now" in words(answer)
    return mine


def rows(company: Company, who: str = "anna") -> int:
    return PushDevice.all_tenants.filter(account=company[who]).count()


def test_anna_reads_what_it_means_turns_it_on_and_off_again(acme: Company, service: PushService) -> None:
    browser = signed_in(acme)
    page = words(browser.get(PAGE))
    assert "Ringing while the app is closed" in page
    assert "never who calls" in page
    assert "I agree: turn it on in this browser" in page
    key = re.search(r'data-push-key="([^"]+)"', page)
    assert key is not None
    assert len(from_base64url(key[1])) == 65
    turn_on(browser, service)
    assert enabled(acme["anna"].id, CALL_PUSH)
    page = words(browser.get(PAGE))
    assert "by the push service of localhost" in page
    assert "I agree" not in page
    device = PushDevice.all_tenants.get(account=acme["anna"])
    browser.post("/profile/push/choose/", {"names": "on", "missed": "on"})
    device.refresh_from_db()
    assert (device.names, device.missed, device.messages) == (True, True, False)
    off = browser.post(f"/profile/push/{device.id}/revoke/", follow=True)
    assert "Nothing is sent to that browser any more." in words(off)
    assert rows(acme) == 0


def test_what_is_wrong_is_said_on_the_page(acme: Company) -> None:
    browser = signed_in(acme)
    answer = browser.post("/profile/push/on/", Subscribed("https://evil.example/x").given)
    assert answer.status_code == 422
    assert "not one that this phone system may ask" in words(answer)
    assert browser.post("/profile/push/on/", {}).status_code == 422
    assert rows(acme) == 0


def test_the_devices_page_lists_each_and_ends_it(acme: Company, service: PushService) -> None:
    here, there = signed_in(acme), signed_in(acme)
    assert "show calls while they are closed" not in words(here.get("/profile/devices/"))
    turn_on(here, service)
    turn_on(there, service)
    page = words(here.get("/profile/devices/"))
    assert "Browsers that show calls while they are closed" in page
    assert page.count("/revoke/") == 2
    other = PushDevice.all_tenants.get(session_id=there.session[signedin.SESSION_KEY])
    assert here.post(f"/profile/push/{other.id}/revoke/", {"devices": "yes"})["Location"] == "/profile/devices/"
    assert rows(acme) == 1
    here.post("/sign-out/")
    assert rows(acme) == 0


def test_nobody_touches_what_is_anothers(acme: Company, beta: Company, service: PushService) -> None:
    anna = signed_in(acme)
    turn_on(anna, service)
    device = PushDevice.all_tenants.get(account=acme["anna"])
    for stranger in (signed_in(acme, "bob"), signed_in(beta)):
        assert stranger.post(f"/profile/push/{device.id}/revoke/").status_code == 404
        assert stranger.post("/profile/push/choose/", {"names": "on"}).status_code == 404
        assert stranger.post("/profile/push/trial/").status_code == 404
        assert stranger.post("/profile/push/renew/", service.subscribe().given).status_code == 404
        assert stranger.get("/profile/push/state/").json()["on"] is False
    assert rows(acme) == 1


def test_a_session_without_a_device_cannot_be_woken(acme: Company, service: PushService, browser_of: BrowserOf) -> None:
    assert browser_of(acme, "anna").post("/profile/push/on/", service.subscribe().given).status_code == 404


def test_the_service_worker_tells_of_another_address(acme: Company, service: PushService) -> None:
    browser = signed_in(acme)
    turn_on(browser, service)
    checked = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    checked.cookies = browser.cookies
    state = checked.get("/profile/push/state/").json()
    assert (state["on"], sorted(state)) == (True, ["key", "on", "token"])
    mark = PushDevice.all_tenants.get(account=acme["anna"]).mark
    given = service.subscribe().given
    assert checked.post("/profile/push/renew/", given).status_code == 403
    assert checked.post("/profile/push/renew/", given, headers={"x-csrftoken": state["token"]}).status_code == 200
    assert PushDevice.all_tenants.get(account=acme["anna"]).mark != mark
    wrong = given | {"address": "https://127.0.0.1/x"}
    assert checked.post("/profile/push/renew/", wrong, headers={"x-csrftoken": state["token"]}).status_code == 422


def test_a_trial_says_so_when_nobody_can_send_it(acme: Company, service: PushService) -> None:
    browser = signed_in(acme)
    turn_on(browser, service)
    answer = browser.post("/profile/push/trial/")
    assert answer.status_code == 502
    assert "cannot send it at the moment" in words(answer)


def test_the_worker_knows_where_to_tell_and_says_nothing_of_anybody(acme: Company) -> None:
    program = installed.worker()
    assert '"/profile/push/state/"' in program
    assert "pushsubscriptionchange" in program
    assert Client().get("/service-worker.js").content.decode() == program
