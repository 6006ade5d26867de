"""Phones in browsers at the desk: let in by the pass of their session, over a WebSocket alone, and cut off with it."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.people.browserphone import PASS_SECONDS, Pass, issue, key_of, login_of
from svara.people.office import Phone as Known
from svara.sip.digest import respond

KEY = key_of(b"secret of this installation")
SESSION = "5" * 32
_serial = itertools.count(1)


@pytest.fixture
def office(at_work: Office) -> Office:
    """Everybody has a phone in the browser, as the tables are turned into a snapshot."""
    tenants = tuple(
        msgspec.structs.replace(
            tenant,
            people=tuple(
                msgspec.structs.replace(one, phones=(*one.phones, Known(login=login_of(one.id), ha1={})))
                for one in tenant.people
            ),
        )
        for tenant in at_work.snapshot.tenants
    )
    at_work.switch.office = msgspec.structs.replace(at_work.snapshot, tenants=tenants)
    at_work.switch.news.office(at_work.switch.office, lambda _login: False)
    at_work.switch.browsers.key = KEY
    return at_work


def pass_of(office: Office, username: str = "anna", session: str = SESSION) -> Pass:
    return issue(KEY, f"p-acme-{username}", session, office.clock.now())


def ask(phone: Phone, given: Pass, method: str = "REGISTER", user: str = "", password: str = "") -> int:
    """One request with this pass; the last answer."""
    headers = [
        ("From", f"<sip:{given.login}@svara>;tag=x{next(_serial)}"),
        ("To", f"<sip:{user or given.login}@svara>"),
        ("Call-ID", f"browser{next(_serial)}"),
        ("CSeq", f"{next(_serial)} {method}"),
        ("Contact", f'<sip:abc@0.invalid;transport=ws>;+sip.instance="<urn:uuid:{phone.serial}>";reg-id=1'),
        ("Supported", "outbound, path"),
    ]
    uri = "sip:svara"
    phone.send_new(method, uri, headers)
    challenged = phone.received[-1]
    assert challenged.status == 401
    proof = respond(challenged.all("www-authenticate"), method, uri, given.username, password or given.password)
    phone.send_new(method, uri, [*headers, ("Authorization", proof)])
    return int(phone.received[-1].status)


def test_annas_browser_registers_with_the_pass_of_her_session_and_she_can_be_called(office: Office) -> None:
    browser = Phone(office, "browser", transport="WS")
    assert ask(browser, pass_of(office)) == 200
    assert office.registrar.bindings(login_of("p-acme-anna"))
    assert office.switch.reachable(login_of("p-acme-anna"))


def test_what_it_registered_ends_with_the_time_of_a_pass(office: Office) -> None:
    ask(Phone(office, "browser", transport="WS"), pass_of(office))
    [binding] = office.registrar.bindings(login_of("p-acme-anna"))
    assert binding.expires_at - office.clock.now() <= PASS_SECONDS


def test_a_pass_that_is_too_old_holds_no_more(office: Office) -> None:
    given = pass_of(office)
    office.wait(PASS_SECONDS + 1)
    assert ask(Phone(office, "browser", transport="WS"), given) == 401


def test_nobody_makes_a_pass_without_the_secret_of_the_installation(office: Office) -> None:
    forged = issue(key_of(b"guessed"), "p-acme-anna", SESSION, office.clock.now())
    longer = Pass(forged.login, forged.username.rpartition("~")[0] + "~7fffffff", pass_of(office).password)
    bare = Pass(login_of("p-acme-anna"), login_of("p-acme-anna"), "")
    browser = Phone(office, "browser", transport="WS")
    assert [ask(browser, one) for one in (forged, longer, bare)] == [401, 401, 401]


def test_a_pass_is_for_ones_own_phone_alone(office: Office) -> None:
    browser = Phone(office, "browser", transport="WS")
    assert ask(browser, pass_of(office), user=login_of("p-acme-bob")) == 403
    assert ask(browser, pass_of(office), user="acme-anna") == 403


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])
def test_a_pass_that_was_taken_elsewhere_is_no_use_outside_a_websocket(office: Office, transport: str) -> None:
    assert ask(Phone(office, "thief", transport=transport), pass_of(office)) == 403
    assert not office.switch.reachable(login_of("p-acme-anna"))


def test_who_is_deleted_has_no_phone_any_more(office: Office) -> None:
    given = pass_of(office)
    office.switch.office = offices.office()
    assert ask(Phone(office, "browser", transport="WS"), given) == 401


def test_a_session_that_ends_takes_its_phone_along_and_no_other(office: Office) -> None:
    ended, other = Phone(office, "browser", transport="WS"), Phone(office, "other", transport="WS")
    given = pass_of(office)
    ask(ended, given)
    ask(other, pass_of(office, session="6" * 32))
    office.switch.browsers.end([SESSION])
    office.settle()
    assert ended.wire.closed
    assert not other.wire.closed
    assert len(office.registrar.bindings(login_of("p-acme-anna"))) == 1
    assert ask(ended.connect(), given) == 401


def test_a_call_ends_with_the_session_of_its_browser(office: Office) -> None:
    bob = Phone(office, "acme-bob").register()
    given = pass_of(office)
    browser = Phone(office, "acme-anna", transport="WS")
    ask(browser, given)
    bob.call("101")
    assert len(browser.heard("INVITE")) == 1
    browser.answer()
    assert [call.state for call in office.calls] == ["talking"]
    office.switch.browsers.end([SESSION])
    office.settle()
    assert office.calls == []
    assert bob.heard("BYE")


def test_a_login_of_the_office_never_looks_like_that_of_a_browser() -> None:
    assert all(not login.startswith("~") for login in offices.office().by_login)
