"""Answering challenges as a client: what a server would say to it."""

from __future__ import annotations

import random

import pytest

from svara.clock import VirtualClock
from svara.sip.credentials import Credentials
from svara.sip.digest import Nonces, Rejected, Verified, challenge, hashes_for, verify
from svara.sip.headers import parse_authorization
from svara.sip.message import Request, Response, new_request, new_response

NONCES = Nonces(b"key", VirtualClock())


def asked(method: str = "INVITE") -> Request:
    return new_request(
        method,
        "sip:+4790000001@itsp.example",
        [
            ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1"),
            ("From", "<sip:acme@itsp.example>;tag=1"),
            ("To", "<sip:+4790000001@itsp.example>"),
            ("Call-ID", "c1"),
            ("CSeq", f"1 {method}"),
        ],
    )


def refused(request: Request, *values: str, status: int = 407) -> Response:
    name = "Proxy-Authenticate" if status == 407 else "WWW-Authenticate"
    return new_response(request, status, headers=[(name, value) for value in values])


def acme() -> Credentials:
    return Credentials("acme", "t0psecret", random.Random(1))


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), ("MD5", "SHA-256"), ("SHA-512-256", "MD5")])
def test_a_server_accepts_what_answers_its_challenge(status: int, algorithms: tuple[str, ...]) -> None:
    request, proxy = asked(), status == 407
    headers = challenge(NONCES, "itsp", proxy=proxy, algorithms=algorithms)
    response = new_response(request, status, headers=headers)
    assert acme().answer(request, response, 0)
    stored = hashes_for("acme", "itsp", "t0psecret")
    assert verify(request, NONCES, "itsp", lambda _: stored, proxy=proxy) == Verified("acme")
    wrong = hashes_for("acme", "itsp", "other")
    assert isinstance(verify(request, NONCES, "itsp", lambda _: wrong, proxy=proxy), Rejected)


def test_a_nonce_that_is_used_again_is_counted() -> None:
    credentials, counts = acme(), []
    for _ in range(3):
        request = asked()
        assert credentials.answer(request, refused(request, 'Digest realm="itsp", nonce="same", qop="auth"'), 0)
        counts.append(parse_authorization(request.first("proxy-authorization") or "")["nc"])
    assert counts == ["00000001", "00000002", "00000003"]


def test_a_refused_secret_is_not_sent_again_but_a_stale_nonce_is_renewed() -> None:
    credentials, request = acme(), asked()
    assert credentials.answer(request, refused(request, 'Digest realm="itsp", nonce="1", qop="auth"'), 0)
    assert not credentials.answer(request.copy(), refused(request, 'Digest realm="itsp", nonce="2", qop="auth"'), 1)
    assert credentials.answer(request, refused(request, 'Digest realm="itsp", nonce="2", qop="auth", stale=true'), 1)
    assert len(request.all("proxy-authorization")) == 1
    assert not credentials.answer(request, refused(request, 'Digest realm="itsp", nonce="3", stale=true'), 3)


def test_several_realms_all_get_their_answer() -> None:
    request = asked()
    assert acme().answer(request, refused(request, 'Digest realm="a", nonce="1"', 'Digest realm="b", nonce="2"'), 0)
    assert {parse_authorization(value)["realm"] for value in request.all("proxy-authorization")} == {"a", "b"}


@pytest.mark.parametrize(
    "value",
    [
        "Basic realm=x",
        "Digest nonce=1",
        'Digest realm="x", nonce="1", algorithm=SHA3',
        'Digest realm="x", nonce="1", qop="odd"',
        "(",
    ],
)
def test_a_challenge_that_nobody_understands_has_no_answer(value: str) -> None:
    request = asked()
    assert not acme().answer(request, refused(request, value), 0)


def test_without_a_login_nothing_is_answered() -> None:
    request = asked()
    assert not Credentials("", "", random.Random(1)).answer(request, refused(request, 'Digest realm="a", nonce="1"'), 0)
