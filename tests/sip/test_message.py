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


def test_headers_in_any_spelling() -> None:
    """Compact forms, folded lines, spaces before the colon, lists and several lines (7.3.1, 7.3.3)."""
    data = (
        b"\r\n\r\nINVITE sip:102@acme.test SIP/2.0\r\n"
        b"v: SIP/2.0/TCP a.test;branch=z9hG4bK1, SIP/2.0/UDP b.test\r\n"
        b"VIA : SIP/2.0/UDP c.test\r\n"
        b"f:<sip:a@b>;tag=1\r\nt:<sip:c@d>\r\ni:x\r\ncSEQ: 1\r\n\tINVITE\r\n"
        b"m: <sip:1@a>;q=0.1,\r\n  <sip:2@a>\r\nM: <sip:3@a>\r\n"
        b"k: timer\r\nSupported: Path, outbound\r\n"
        b"Subject: Re: lunch, \r\n and more\r\nx: 90;refresher=uas\r\nDate: Sat, 13 Nov 2010 23:29:00 GMT\r\n"
        b"Authorization: Digest a=1, b=2\r\nAuthorization: Digest c=3\r\n\r\n"
    )
    invite = request(data)
    assert [via.host for via in invite.vias] == ["a.test", "b.test", "c.test"]
    assert invite.all("Via")[1] == "SIP/2.0/UDP b.test"
    assert invite.cseq.method == "INVITE"
    assert [contact.uri.user for contact in invite.contacts] == ["1", "2", "3"]
    assert invite.supported == {"timer", "path", "outbound"}
    assert invite.first("SUBJECT") == "Re: lunch,  and more"
    assert invite.all("date") == ["Sat, 13 Nov 2010 23:29:00 GMT"]
    assert invite.all("authorization") == ["Digest a=1, b=2", "Digest c=3"]
    assert invite.first("session-expires") == "90;refresher=uas"
    assert invite.has("s")
    assert not invite.has("server")
    assert (invite.first("server"), invite.all("server")) == (None, [])
    assert invite.names()[:5] == ["via", "from", "to", "call-id", "cseq"]


def test_a_header_is_set_added_put_first_and_taken_away() -> None:
    message = request()
    message.set("max-forwards", "69")
    message.set("Subject", "Lunch")
    message.add("Route", "<sip:b;lr>")
    message.prepend("route", "<sip:a;lr>")
    message.add("X-Colour", "blue")
    message.add("x-colour", "green")
    message.remove("k")
    message.remove("Absent")
    assert message.max_forwards == 69
    assert [str(route) for route in message.routes] == ["<sip:a;lr>", "<sip:b;lr>"]
    assert message.all("X-Colour") == ["blue", "green"]
    assert not message.supported
    wire = message.to_bytes()
    assert b"\r\nMax-Forwards: 69\r\n" in wire
    assert b"\r\nRoute: <sip:a;lr>\r\nRoute: <sip:b;lr>\r\nX-Colour: blue\r\nX-Colour: green\r\n" in wire
    assert request(wire).to_bytes() == wire


def test_what_comes_first_can_be_taken_or_replaced() -> None:
    data = INVITE.replace(b"Max-Forwards", b"Route: <sip:a;lr>, <sip:b;lr>\r\nRoute:\r\n <sip:c;lr>\r\nMax-Forwards")
    message = request(data)
    message.replace_first("Route", "<sip:x;lr>")
    assert message.all("route") == ["<sip:x;lr>", "<sip:b;lr>", "<sip:c;lr>"]
    assert b"\r\nRoute: <sip:b;lr>\r\nRoute:\r\n <sip:c;lr>\r\n" in message.to_bytes(), "other lines stay as they are"
    assert [message.pop_first("route") for _ in range(4)] == ["<sip:x;lr>", "<sip:b;lr>", "<sip:c;lr>", None]
    assert not message.has("route")
    message.replace_first("Route", "<sip:y;lr>")
    assert message.all("route") == ["<sip:y;lr>"]


def test_our_via_goes_on_top_and_comes_off_again() -> None:
    message = request()
    before = message.to_bytes()
    message.prepend("Via", "SIP/2.0/TCP svara.test;branch=z9hG4bKours")
    assert [via.host for via in message.vias] == ["svara.test", "192.0.2.10"]
    assert message.pop_first("via") == "SIP/2.0/TCP svara.test;branch=z9hG4bKours"
    assert message.to_bytes() == before
    ours = new_request("OPTIONS", "sip:b@b", [("To", "<sip:b@b>")])
    ours.prepend("Via", "SIP/2.0/UDP a")
    assert ours.to_bytes() == b"OPTIONS sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nTo: <sip:b@b>\r\nContent-Length: 0\r\n\r\n"


def test_where_a_request_really_came_from() -> None:
    """RFC 3261 18.2.1 and RFC 3581 4."""
    message = request()
    message.set_received("203.0.113.9", 40000)
    assert message.first("via") == "SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK776asdhds;rport=40000;received=203.0.113.9"
    message = request(INVITE.replace(b";rport", b""))
    message.set_received("192.0.2.10", 5062)
    assert message.to_bytes() == INVITE.replace(b";rport", b"")
    message.set_received("2001:db8::9", 5062)
    assert message.via.received == "2001:db8::9"
    assert b";received=[2001:db8::9]\r\n" in message.to_bytes()


def test_the_length_is_always_that_of_the_body() -> None:
    message = request()
    message.body = b"v=0\r\ns=-\r\n"
    message.set("Content-Length", "99")
    assert message.to_bytes().endswith(b"\r\nContent-Length: 10\r\n\r\nv=0\r\ns=-\r\n")
    without = request(INVITE.replace(b"Content-Length: 5\r\n", b""))
    assert without.body == b"v=0\r\n"
    assert without.to_bytes() == INVITE


def test_a_copy_is_its_own() -> None:
    one = request()
    other = one.copy()
    other.set("Subject", "x")
    other.uri = "sip:elsewhere"
    assert not one.has("subject")
    assert one.to_bytes() == INVITE
    response = new_response(one, 200)
    again = response.copy()
    again.copy_from(one, "contact", "allow", "absent")
    assert again.contacts == one.contacts
    assert not response.has("contact")


@pytest.mark.parametrize(
    ("method", "status", "copied"),
    [("INVITE", 180, True), ("INVITE", 200, True), ("INVITE", 100, False), ("INVITE", 486, False), ("BYE", 200, False)],
)
def test_the_route_of_a_dialog_is_copied_where_one_is_formed(method: str, status: int, copied: bool) -> None:
    data = INVITE.replace(b"INVITE", method.encode()).replace(b"Max-", b"Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nMax-")
    response = new_response(request(data), status)
    assert response.all("record-route") == (["<sip:p1;lr>", "<sip:p2;lr>"] if copied else [])


def test_an_answer_that_is_on_its_way() -> None:
    trying = new_response(request(INVITE.replace(b"Max-", b"Timestamp: 54\r\nMax-")), 100)
    assert trying.first("timestamp") == "54"
    assert trying.to.tag is None
    tagged = request(INVITE.replace(b"To: <sip:102@acme.test>", b"To: sip:102@acme.test;TAG=there"))
    assert new_response(tagged, 200, to_tag="other").to.tag == "there"
    assert new_response(request(), 299, to_tag="t").reason == "Unknown"
    with pytest.raises(SipError):
        new_response(request(), 200, to_tag="a;b")


def test_contacts_that_stand_for_all() -> None:
    """RFC 3261 10.2.2."""
    everything = request(INVITE.replace(b"<sip:anna@192.0.2.10:5062;transport=udp>", b"*"))
    assert everything.contact_star
    assert everything.contacts == []
    assert not request().contact_star


@pytest.mark.parametrize(
    ("name", "value", "reading"),
    [
        ("max-forwards", "256", "max_forwards"),
        ("max-forwards", "", "max_forwards"),
        ("expires", "soon", "expires"),
        ("expires", "-1", "expires"),
        ("call-id", "a b", "call_id"),
        ("contact", "<sip:a", "contacts"),
        ("record-route", '"a', "record_routes"),
        ("path", "x", "paths"),
        ("from", "", "from_"),
    ],
)
def test_a_malformed_field_is_an_error_when_it_is_read(name: str, value: str, reading: str) -> None:
    message = request()
    message.set(name, value)
    with pytest.raises(SipError) as caught:
        getattr(message, reading)
    assert caught.value.status == 400
    message.remove(name)
    if name in ("from", "call-id"):
        with pytest.raises(SipError, match="400 Missing"):
            getattr(message, reading)


def test_long_lives_are_shortened() -> None:
    message = request()
    message.set("Expires", "9" * 30)
    assert message.expires == 2**32 - 1


def test_bytes_that_are_not_utf_8_are_kept_on_the_wire_and_readable_above() -> None:
    data = INVITE.replace(b"Anna Berg", b"J\xfcrgen \xff").replace(b"Max-", b"X-Note: caf\xe9\r\nMax-")
    message = request(data)
    assert message.from_.display == "J\ufffdrgen \ufffd"
    assert message.first("x-note") == "caf\ufffd"
    assert message.to_bytes() == data
    assert b'From: "J\xfcrgen \xff" <sip:acme-anna@acme.test>' in new_response(message, 200).to_bytes()
    local = new_request("INFO", "sip:b@b", [("Subject", "\udcff\ud800")])
    assert local.to_bytes().startswith(b"INFO sip:b@b SIP/2.0\r\nSubject: ")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 0),
        (b"\r\n\r\n", 0),
        (b"\x00\x00", 0),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0),
        (b"hello", 0),
        (INVITE.replace(b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia"), 505),
        (INVITE.replace(b"INVITE sip", b"INV/TE sip", 1), 400),
        (INVITE.replace(b"Max-Forwards: 70", b"Max Forwards: 70"), 400),
        (INVITE.replace(b"Max-Forwards: 70", b"Max-Forwards"), 400),
        (INVITE.replace(b"Max-Forwards: 70", b": 70"), 400),
        (INVITE.replace(b"Max-Forwards: 70", b"Subject: a\nb"), 400),
        (INVITE.replace(b"Max-Forwards: 70", b"Subject: a\rb"), 400),
        (INVITE.replace(b"\r\n", b"\n"), 0),
        (INVITE.replace(b"Content-Length: 5", b"Content-Length: 5\r\nl: 5"), 400),
        (INVITE.replace(b"CSeq: 314159 INVITE", b"CSeq: 314159 BYE"), 400),
        (INVITE.replace(b"CSeq: 314159 INVITE", b"CSeq: INVITE"), 400),
        (INVITE.replace(b"102@", b"\xff@"), 400),
        (INVITE.replace(b"SIP/2.0/UDP 192", b"SIP/2.0/UDP <192"), 0),
        (INVITE.replace(b"Content-Length: 5\r\n\r\nv=0\r\n", b""), 400),
        (INVITE.replace(b"INVITE", b"ACK").replace(b"Max-Forwards: 70", b"x"), 0),
        (b"SIP/2.0 99 Low\r\n" + INVITE.partition(b"\r\n")[2], 0),
        (b"SIP/2.0 2000 High\r\n" + INVITE.partition(b"\r\n")[2], 0),
        (b"SIP/1.0 200 OK\r\n" + INVITE.partition(b"\r\n")[2], 0),
    ],
)
def test_what_is_no_message(data: bytes, status: int) -> None:
    wrong = parse(data)
    assert isinstance(wrong, Malformed)
    assert wrong.status == status
    assert (wrong.request is not None) == (status != 0)
    if wrong.request is not None:
        answer = new_response(wrong.request, wrong.status, wrong.reason).to_bytes()
        assert answer.count(b"\n") == answer.count(b"\r\n"), "a stray line break must not come back"


def test_versions_are_read_in_any_case() -> None:
    """RFC 3261 7.1."""
    assert request(INVITE.replace(b"SIP/2.0\r\nVia", b"sip/2.0\r\nVia")).to_bytes() == INVITE
    ok = parse(b"sip/2.0 200\r\n" + INVITE.partition(b"\r\n")[2])
    assert isinstance(ok, Response)
    assert (ok.status, ok.reason) == (200, "")


def test_headers_of_locally_made_requests_are_checked() -> None:
    for headers in ([("Sub ject", "x")], [("", "x")], [("Sub:ject", "x")], [("Sub\r\nject", "x")]):
        with pytest.raises(SipError):
            new_request("OPTIONS", "sip:b@b", headers)
    for method, uri in (
        ("", "sip:b@b"),
        ("IN VITE", "sip:b@b"),
        ("INVITE", ""),
        ("INVITE", "sip:b@b x"),
        ("INVITE", "<sip:b>"),
    ):
        with pytest.raises(SipError):
            new_request(method, uri, [])
    with pytest.raises(SipError):
        new_request("INVITE", "sip:b@b", [], b"x", "text/plain\r\nX: y")


def test_streams_of_any_cut() -> None:
    folded = INVITE.replace(b"Content-Length: 5", b"l :\r\n 5")
    for data in (INVITE, folded):
        for cut in range(len(data)):
            assert frame(bytearray(data[:cut])) is None
        assert frame(data) == len(data)
        assert frame(data + b"INV") == len(data)
    for wrong in (b"-5", b"five", b"", b"9999999999", b"5 5"):
        with pytest.raises(SipError):
            frame(INVITE.replace(b"Length: 5", b"Length: " + wrong))
