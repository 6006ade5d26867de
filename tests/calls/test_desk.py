"""Who gets in at the desk, and what a stranger learns there: nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import SERVER, Office, Phone

from svara.calls.events import CallEnded, CallStarted
from svara.calls.guard import Limits
from svara.sip.digest import respond
from svara.sip.message import Response, new_request, parse


def ask(phone: Phone, method: str, user: str, headers: list[tuple[str, str]] | None = None, body: bytes = b"") -> Response:
    """One request outside of any call; the answer to it."""
    before = len(phone.received)
    base = [
        ("From", f"<sip:{user}@{SERVER[0]}>;tag=x{before}"),
        ("To", f"<sip:{user}@{SERVER[0]}>"),
        ("Call-ID", f"scan{phone.serial}-{before}-{user}"),
        ("CSeq", f"1 {method}"),
        ("Contact", phone.contact()),
    ]
    phone.send_new(method, f"sip:{user}@{SERVER[0]}", [*base, *(headers or [])], body)
    [answer] = phone.received[before:]
    assert isinstance(answer, Response)
    return answer


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "OPTIONS", "SUBSCRIBE", "MESSAGE", "PUBLISH", "BYE"])
def test_a_stranger_gets_the_same_answer_for_names_that_exist_and_names_that_do_not(at_work: Office, method: str) -> None:
    stranger = Phone(at_work, "nobody")
    answers = []
    for user in ("acme-anna", "101", "acme-nobody", "999"):
        answer = ask(stranger, method, user)
        seen = [
            line
            for line in answer.to_bytes().decode().split("\r\n")
            if not line.startswith(("Via", "From", "To", "Call-ID"))
        ]
        answers.append([line.split('nonce="')[0] for line in seen])
    assert answers[0] == answers[1] == answers[2] == answers[3]


@pytest.mark.parametrize("user", ["acme-anna", "acme-nobody"])
def test_wrong_passwords_say_nothing_about_the_name(at_work: Office, user: str) -> None:
    stranger = Phone(at_work, user)
    challenge = ask(stranger, "REGISTER", user)
    assert challenge.status == 401
    wrong = respond(challenge.all("www-authenticate"), "REGISTER", f"sip:{user}@{SERVER[0]}", user, "guessed")
    assert ask(stranger, "REGISTER", user, [("Authorization", wrong)]).status == 401
    assert at_work.registrar.bindings("acme-anna") == []


def test_nothing_is_remembered_of_strangers(at_work: Office) -> None:
    stranger = Phone(at_work, "nobody")
    for n in range(200):
        ask(stranger, "INVITE", f"user{n}", body=stranger.sdp)
    assert at_work.switch.transactions.open == 0
    assert at_work.switch.dialogs == {}
    assert at_work.events == []


def test_nothing_tells_the_make_of_the_server(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    anna.hang_up()
    for message in (*anna.received, *bob.received):
        assert not message.has("server")
        assert not message.has("user-agent")
        assert b"svara" not in message.to_bytes().replace(b'realm="svara"', b"").lower()


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("OPTIONS", 200),
        ("SUBSCRIBE", 489),
        ("PUBLISH", 489),
        ("MESSAGE", 405),
        ("REFER", 603),
        ("FROBNICATE", 501),
        ("BYE", 481),
    ],
)
def test_what_is_answered_without_a_call(at_work: Office, anna: Phone, method: str, status: int) -> None:
    answer = ask(anna, method, "101")
    assert answer.status == status
    if status in (200, 405, 501):
        assert {"INVITE", "REGISTER", "UPDATE"} <= answer.allow


def test_nobody_registers_for_somebody_else(at_work: Office, bob: Phone) -> None:
    bob.login = "acme-anna"
    challenge = ask(bob, "REGISTER", "acme-anna")
    uri = f"sip:acme-anna@{SERVER[0]}"
    credentials = respond(challenge.all("www-authenticate"), "REGISTER", uri, "acme-bob", "s3cret-acme-bob")
    assert ask(bob, "REGISTER", "acme-anna", [("Authorization", credentials)]).status == 403
    assert at_work.registrar.bindings("acme-anna") == []


def test_a_phone_that_is_taken_away_cannot_register_any_more(at_work: Office, anna: Phone) -> None:
    at_work.switch.office = offices.office(anna={"phones": ()})
    before = len(anna.heard(200))
    anna.register()
    assert len(anna.heard(200)) == before


def test_a_nonce_that_grew_old_is_renewed_without_asking_the_user(at_work: Office, anna: Phone) -> None:
    challenge = ask(anna, "REGISTER", "acme-anna")
    credentials = respond(
        challenge.all("www-authenticate"), "REGISTER", f"sip:acme-anna@{SERVER[0]}", "acme-anna", "s3cret-acme-anna"
    )
    at_work.wait(400)
    again = ask(anna, "REGISTER", "acme-anna", [("Authorization", credentials)])
    assert again.status == 401
    assert "stale=true" in (again.first("www-authenticate") or "")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ([("Max-Forwards", "0")], b"", 483),
        ([("Require", "teleport")], b"", 420),
        ([("Content-Type", "text/plain")], b"hello", 415),
    ],
)
def test_invites_that_cannot_be_understood(
    at_work: Office, anna: Phone, bob: Phone, headers: list[tuple[str, str]], body: bytes, status: int
) -> None:
    send = anna.send_new
    names = {name for name, _ in headers}

    def patched(method: str, uri: str, given: list[tuple[str, str]], data: bytes = b"", settle: bool = True) -> object:
        request = send_raw(anna, method, uri, [*given], body or data, names, headers)
        if settle:
            at_work.settle()
        return request

    anna.send_new = patched  # type: ignore[method-assign, assignment]
    anna.call("102")
    anna.send_new = send  # type: ignore[method-assign]
    assert anna.statuses == [status]
    assert not bob.rings
    assert at_work.switch.dialogs == {}


def send_raw(
    phone: Phone,
    method: str,
    uri: str,
    given: list[tuple[str, str]],
    body: bytes,
    names: set[str],
    headers: list[tuple[str, str]],
) -> object:
    via = f"SIP/2.0/UDP {phone.own[0]}:{phone.own[1]};branch=z9hG4bKr{next(phone.office.serials)};rport"
    base = [("Via", via), *([] if "Max-Forwards" in names else [("Max-Forwards", "70")])]
    if "Content-Type" not in names and body:
        base.append(("Content-Type", "application/sdp"))
    phone.sent = new_request(method, uri, [*base, *given, *headers], body)
    phone.transmit(phone.sent)
    return phone.sent


def test_an_invite_without_a_contact(at_work: Office, anna: Phone) -> None:
    anna.contact = lambda: "*"  # type: ignore[method-assign]
    anna.call("101")
    assert anna.statuses == [400]
    assert at_work.switch.dialogs == {}
    assert at_work.events == []


def test_a_garbled_message_is_answered_or_dropped_and_nothing_else(at_work: Office, anna: Phone) -> None:
    for data in (
        b"INVITE sip:x SIP/2.0\r\n\r\n",
        b"\x00" * 40,
        b"SIP/2.0 200 OK\r\n\r\n",
        b"INVITE  SIP/2.0\r\nVia: x\r\n\r\n",
    ):
        at_work.transports.on_message(parse(data), anna.wire)
    at_work.settle()
    anna.call("101")
    assert anna.statuses == [486]


def test_a_phone_that_dials_like_mad_is_slowed_down(tmp_path: Path) -> None:
    office = Office(tmp_path, limits=Limits(starts_per_second=3))
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    for _ in range(5):
        anna.call("102")
    assert anna.statuses == [503, 503]
    assert anna.heard(503)[0].has("retry-after")
    assert len(office.told(CallStarted)) == 3
    office.wait(2)
    bob.decline()
    anna.call("102")
    assert len(office.told(CallStarted)) == 4
    office.close()


def test_a_phone_has_a_limit_of_calls_at_once(tmp_path: Path) -> None:
    office = Office(tmp_path, limits=Limits(calls_of_phone=1))
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call("102")
    bob.answer()
    anna.call("102")
    assert anna.statuses[-1] == 486
    assert office.told(CallEnded)[0].end_reason == "too many calls on this phone"
    assert len(office.calls) == 1
    office.close()
