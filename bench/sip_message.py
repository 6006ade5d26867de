"""Microseconds of processor time for each thing that is done with a SIP message: `python -m bench.sip_message`.

Every message is another one (branch, Call-ID and tag differ), as in life, so that no cache flatters the figures.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

from svara.clock import VirtualClock
from svara.sip.digest import challenge, hashes_for, respond, verify
from svara.sip.message import Request, frame, new_request, new_response, parse
from svara.sip.nonces import Nonces
from svara.sip.sdp import is_hold, parse_sdp

SDP = b"""v=0\r
o=- 3912345678 3912345679 IN IP4 192.0.2.10\r
s=call\r
c=IN IP4 192.0.2.10\r
t=0 0\r
m=audio 40000 RTP/AVP 96 9 8 0 101\r
a=rtpmap:96 opus/48000/2\r
a=fmtp:96 useinbandfec=1\r
a=rtpmap:9 G722/8000\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-16\r
a=ptime:20\r
a=sendrecv\r
"""
HEAD = """INVITE sip:102@acme.test SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-524287-{n:016x};rport\r
Max-Forwards: 70\r
Contact: <sip:anna@192.0.2.10:5060;transport=udp>\r
To: "Bob Berg" <sip:102@acme.test>\r
From: "Anna Berg" <sip:acme-anna@acme.test>;tag={n:08x}\r
Call-ID: 84753NTk4NzQ5ODc0{n}\r
CSeq: 2 INVITE\r
Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE\r
Content-Type: application/sdp\r
Proxy-Authorization: Digest username="acme-anna",realm="svara",nonce="aabbccddeeff00112233",uri="sip:102@acme.test",\
response="00112233445566778899aabbccddeeff",cnonce="abcdef",nc=00000001,qop=auth,algorithm=MD5\r
Supported: replaces, norefersub, extended-refer, timer, outbound, path\r
User-Agent: Softphone 1.2.3\r
Allow-Events: presence, kpml, talk\r
Content-Length: {length}\r
\r
"""
ROUNDS = 20_000
BEST_OF = 10


def invites() -> Iterator[bytes]:
    for number in itertools.count():
        yield HEAD.format(n=number * 7919, length=len(SDP)).encode() + SDP


def handle(data: bytes) -> Request:
    """What the layers above read of an INVITE."""
    request = parse(data)
    assert isinstance(request, Request)
    _ = request.via.branch
    request.set_received("192.0.2.10", 5060)
    _ = (request.cseq.method, request.call_id, request.from_.tag, request.to.tag)
    _ = (request.request_uri.user, request.contacts[0].uri, request.routes, request.max_forwards, request.content_type)
    _ = (request.supported, request.require, request.has("replaces"), request.first("session-expires"))
    return request


OUTGOING = [
    ("Max-Forwards", "69"),
    ("From", '"Anna Berg" <sip:101@acme.test>;tag=5f5d'),
    ("To", "<sip:102@acme.test>"),
    ("Call-ID", "0123456789abcdef"),
    ("CSeq", "1 INVITE"),
    ("Contact", "<sip:svara@192.0.2.1:5060>"),
    ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK"),
    ("Supported", "timer, replaces"),
]


def send() -> bytes:
    """What the layers above make of an outgoing INVITE."""
    request = new_request("INVITE", "sip:102@192.0.2.20:5060", OUTGOING, SDP, "application/sdp")
    request.prepend("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK0123456789;rport")
    return request.to_bytes()


def microseconds(work: Callable[[bytes], object], inputs: list[bytes]) -> float:
    best = float("inf")
    size = len(inputs) // BEST_OF
    for part in range(BEST_OF):
        mine = inputs[part * size : (part + 1) * size]
        started = time.process_time()
        for data in mine:
            work(data)
        best = min(best, (time.process_time() - started) / size)
    return best * 1e6


def main() -> None:
    inputs = list(itertools.islice(invites(), ROUNDS))
    parsed = [request for data in inputs[:100] if isinstance(request := parse(data), Request)]
    again = itertools.cycle(parsed)
    ringing = new_response(parsed[0], 180, to_tag="8b1f", headers=[("Contact", "<sip:svara@192.0.2.1:5060>")])
    responses = [ringing.to_bytes().replace(b"-524287-", b"-%d-" % number) for number in range(ROUNDS)]
    clock = VirtualClock()
    nonces = Nonces(b"key", clock)
    hashes = hashes_for("acme-anna", "svara", "s3cret")

    def authenticated(algorithm: str) -> list[bytes]:
        value = challenge(nonces, "svara", proxy=False, algorithms=[algorithm])[0][1]
        made = []
        for number in range(1, 2_001):
            credentials = respond(value, "REGISTER", "sip:acme.test", "acme-anna", "s3cret", cnonce="c", nc=number)
            headers = [("Via", "SIP/2.0/UDP 192.0.2.10"), ("From", "<sip:a@b>;tag=1"), ("To", "<sip:a@b>"), ("Call-ID", "x")]
            headers += [("CSeq", "1 REGISTER"), ("Authorization", credentials)]
            made.append(new_request("REGISTER", "sip:acme.test", headers).to_bytes())
        return made

    def login(algorithm: str) -> float:
        requests = iter([request for data in authenticated(algorithm) if isinstance(request := parse(data), Request)])
        return microseconds(lambda _: verify(next(requests), nonces, "svara", lambda _: hashes, proxy=False), inputs[:2_000])

    table = [
        ("parse an INVITE", microseconds(parse, inputs)),
        ("parse and read an INVITE as the layers above do", microseconds(handle, inputs)),
        ("parse a 180", microseconds(parse, responses)),
        ("frame on a stream", microseconds(frame, inputs)),
        (
            "make a 180 and write it",
            microseconds(lambda _: new_response(next(again), 180, to_tag="8b1f", headers=OUTGOING[5:6]).to_bytes(), inputs),
        ),
        ("make an INVITE, put our Via on it, write it", microseconds(lambda _: send(), inputs)),
        ("read a session description, its hold and codecs", microseconds(lambda _: describe(), inputs)),
        ("make a challenge", microseconds(lambda _: challenge(nonces, "svara", proxy=True), inputs)),
        ("verify MD5", login("MD5")),
        ("verify SHA-256", login("SHA-256")),
    ]
    for name, value in table:
        print(f"{name:50} {value:7.2f} µs")


def describe() -> None:
    sdp = parse_sdp(SDP)
    is_hold(sdp)
    _ = sdp.media[0].codecs


if __name__ == "__main__":
    main()
