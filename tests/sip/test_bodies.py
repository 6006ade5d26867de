"""Bodies with one thing or several in them: what a trunk sends beside the session description."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sip.fixtures.rfc4475_valid import MPART01

from svara.sip.bodies import Part, parts, session_description
from svara.sip.errors import SipError
from svara.sip.message import Request, new_request, parse

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
MIXED = (
    b"a preface that nobody reads\r\n"
    b"--unique-boundary-1\r\nContent-Type: application/SDP; charset=ISO-10646\r\n\r\n" + SDP + b"\r\n"
    b"--unique-boundary-1\r\nContent-Type: application/ISUP; version=nxv3\r\n"
    b"Content-Disposition: signal; handling=optional\r\n\r\n\x89\x8b\x0e\r\n--almost\r\n--unique-boundary-1--\r\nan epilogue"
)


def invite(content_type: str | None, body: bytes) -> Request:
    return new_request("INVITE", "sip:a@b", [], body, content_type)


def test_a_description_alone() -> None:
    assert session_description(invite("application/sdp", SDP)) == SDP
    assert session_description(invite("Application/SDP;charset=utf-8", SDP)) == SDP
    assert session_description(invite(None, SDP)) == SDP
    assert session_description(invite(None, b"")) is None
    assert session_description(invite("application/dtmf-relay", b"Signal=1")) is None
    assert parts(invite(None, b"")) == []
    assert parts(invite("text/plain", b"x")) == [Part("text/plain", b"x")]


def test_a_description_among_others() -> None:
    message = invite('multipart/mixed; boundary="unique-boundary-1"', MIXED)
    assert session_description(message) == SDP
    assert [part.content_type for part in parts(message)] == ["application/sdp", "application/isup"]
    assert parts(message)[1].content == b"\x89\x8b\x0e\r\n--almost"


def test_the_binary_parts_of_the_torture_message() -> None:
    message = parse(MPART01)
    assert isinstance(message, Request)
    text, signature = parts(message)
    assert text == Part("text/plain", b"Hello")
    assert (signature.content_type, len(signature.content)) == ("application/octet-stream", 342)
    assert session_description(message) is None


def test_several_in_several() -> None:
    inner = b"--in\r\n\r\nplain\r\n--in\r\nContent-Type: application/sdp\r\n\r\n" + SDP + b"\r\n--in--"
    outer = b"--out\r\ncontent-type : multipart/alternative;\r\n boundary=in\r\n\r\n" + inner + b"\r\n--out--\r\n"
    assert parts(invite("multipart/mixed;boundary=out", outer)) == [
        Part("text/plain", b"plain"),
        Part("application/sdp", SDP),
    ]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/mixed", MIXED),
        ("multipart/mixed;boundary=", MIXED),
        ("multipart/mixed;boundary=other", MIXED),
        (f"multipart/mixed;boundary={'x' * 71}", MIXED),
        ("multipart/mixed;boundary=a", b"--a\r\n\r\nnever ends"),
        ("multipart/mixed;boundary=a", b"--a\r\n\r\nx\r\n" * 40 + b"--a--"),
        ("multipart/mixed;boundary=a;;", b"--a--"),
        ("multipart/mixed;boundary=a", b"--a\r\nContent-Type: multipart/mixed;boundary=a\r\n\r\n--a--"),
    ],
)
def test_what_cannot_be_taken_apart(content_type: str, body: bytes) -> None:
    with pytest.raises(SipError) as caught:
        parts(invite(content_type, body))
    assert caught.value.status == 400


def test_nothing_between_two_boundaries() -> None:
    assert parts(invite("multipart/mixed;boundary=a", b"--a\r\n--a\r\n\r\n--a--")) == [Part("text/plain", b"")] * 2


contents = st.binary(max_size=30).filter(lambda data: b"--b" not in data)


@given(st.lists(st.tuples(st.sampled_from(["text/plain", "application/sdp"]), contents), min_size=1, max_size=5))
def test_any_parts_come_out_as_they_went_in(given: list[tuple[str, bytes]]) -> None:
    body = b"".join(b"--b\r\nContent-Type: %s\r\n\r\n%s\r\n" % (kind.encode(), data) for kind, data in given) + b"--b--\r\n"
    assert parts(invite("multipart/mixed;boundary=b", body)) == [Part(*each) for each in given]


@given(st.binary(max_size=80), st.binary(max_size=20))
def test_any_body_is_taken_apart_or_refused(data: bytes, end: bytes) -> None:
    for body in (data, b"--b\r\n" + data + b"\r\n--b" + end, b"--b\r\nContent-Type: multipart/x;boundary=b\r\n\r\n" + data):
        try:
            parts(invite("multipart/mixed;boundary=b", body))
        except SipError as error:
            assert error.status == 400  # noqa: PT017
