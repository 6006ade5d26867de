"""Messages: Anna's phone calls Bob, and strangers send what they like."""

from __future__ import annotations

import pytest

from svara.sip.message import Malformed, Request, Response, SipError, frame, new_request, new_response, parse

INVITE = (
    b"INVITE sip:102@acme.test SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK776asdhds;rport\r\n"
    b"Max-Forwards: 70\r\n"
    b'From: "Anna Berg" <sip:acme-anna@acme.test>;tag=1928301774\r\n'
    b"To: <sip:102@acme.test>\r\n"
    b"Call-ID: a84b4c76e66710@192.0.2.10\r\n"
    b"CSeq: 314159 INVITE\r\n"
    b"Contact: <sip:anna@192.0.2.10:5062;transport=udp>\r\n"
    b"Allow: INVITE, ACK, bye\r\n"
    b"Supported: timer, 100rel\r\n"
    b"Content-Type: Application/SDP ; charset=utf-8\r\n"
    b"Content-Length: 5\r\n"
    b"\r\n"
    b"v=0\r\n"
)


def request(data: bytes = INVITE) -> Request:
    message = parse(data)
    assert isinstance(message, Request), message
    return message


def changed(old: bytes, new: bytes) -> Request | Response | Malformed:
    assert old in INVITE
    return parse(INVITE.replace(old, new, 1))


def test_annas_invite_is_read() -> None:
    invite = request()
    assert (invite.method, invite.uri, invite.body) == ("INVITE", "sip:102@acme.test", b"v=0\r\n")
    assert invite.request_uri.user == "102"
    assert (invite.via.transport, invite.via.host, invite.via.port) == ("UDP", "192.0.2.10", 5062)
    assert invite.via.branch == "z9hG4bK776asdhds"
    assert (invite.from_.display, invite.from_.uri.user, invite.from_.tag) == ("Anna Berg", "acme-anna", "1928301774")
    assert invite.to.tag is None
    assert invite.call_id == "a84b4c76e66710@192.0.2.10"
    assert (invite.cseq.number, invite.cseq.method) == (314159, "INVITE")
    assert invite.contacts[0].uri.params == {"transport": "udp"}
    assert (invite.max_forwards, invite.expires) == (70, None)
    assert invite.content_type == "application/sdp"
    assert invite.supported == {"timer", "100rel"}
    assert invite.allow == {"INVITE", "ACK", "BYE"}
    assert invite.require == frozenset()
    assert invite.to_bytes() == INVITE


def test_an_answer_carries_what_the_request_said() -> None:
    ringing = new_response(request(), 180, to_tag="b0b", headers=[("Contact", "<sip:svara@192.0.2.1>")])
    assert ringing.to_bytes() == (
        b"SIP/2.0 180 Ringing\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK776asdhds;rport\r\n"
        b'From: "Anna Berg" <sip:acme-anna@acme.test>;tag=1928301774\r\n'
        b"To: <sip:102@acme.test>;tag=b0b\r\n"
        b"Call-ID: a84b4c76e66710@192.0.2.10\r\n"
        b"CSeq: 314159 INVITE\r\n"
        b"Contact: <sip:svara@192.0.2.1>\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    again = parse(ringing.to_bytes())
    assert isinstance(again, Response)
    assert (again.status, again.reason, again.to.tag) == (180, "Ringing", "b0b")


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_what_is_mandatory_must_be_there(name: str) -> None:
    lines = [line for line in INVITE.partition(b"\r\n\r\n")[0].split(b"\r\n") if not line.startswith(f"{name}:".encode())]
    wrong = parse(b"\r\n".join(lines) + b"\r\n\r\nv=0\r\n")
    assert isinstance(wrong, Malformed)
    if name == "Via":  # no way back
        assert (wrong.status, wrong.request) == (0, None)
    else:
        assert wrong.status == 400
        assert wrong.request is not None
        assert wrong.request.via.branch == "z9hG4bK776asdhds"


def test_a_body_that_is_cut_short_is_refused_and_a_longer_datagram_trimmed() -> None:
    short = changed(b"Length: 5", b"Length: 6")
    assert isinstance(short, Malformed)
    assert short.status == 400
    assert short.request is not None
    assert b"SIP/2.0 400 " in new_response(short.request, short.status, short.reason).to_bytes()
    assert request(INVITE + b"garbage").body == b"v=0\r\n"


def test_line_breaks_cannot_be_smuggled_in() -> None:
    for value in ("x\r\nContact: <sip:mallory@m>", "x\n", "\rx"):
        with pytest.raises(SipError):
            new_request("OPTIONS", "sip:b@b", [("Subject", value)])
        with pytest.raises(SipError):
            request().set("Subject", value)
        with pytest.raises(SipError):
            new_response(request(), 200, headers=[("Subject", value)])
        with pytest.raises(SipError):
            new_response(request(), 200, value)
        with pytest.raises(SipError):
            new_request("OPTIONS", "sip:b@b" + value, [])


def test_a_stream_is_cut_into_messages() -> None:
    stream = bytearray(INVITE + INVITE[:100])
    assert frame(stream) == len(INVITE)
    assert frame(INVITE[:-1]) is None
    with pytest.raises(SipError):
        frame(INVITE.replace(b"Content-Length: 5\r\n", b""))
    with pytest.raises(SipError):
        frame(INVITE.replace(b"Length: 5", b"Length: 70000"))
    with pytest.raises(SipError):
        frame(b"x" * 70_000)
