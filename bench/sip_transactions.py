"""What the SIP layers alone cost: `python -m bench.sip_transactions`.

Processor time of this process for a whole call through parser, transactions and dialogs (no routing, no sound, no sockets),
for a REGISTER with digest, and for requests over loopback UDP sent by a child process.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from svara.clock import LoopClock
from svara.sealing.role import FileKeys, RoleKey
from svara.sip.bindings import BindingStore
from svara.sip.dialog import Dialog
from svara.sip.digest import challenge, hashes_for, respond, verify
from svara.sip.message import Request, Response, new_request, new_response, parse
from svara.sip.nonces import Nonces
from svara.sip.registrar import Registrar
from svara.sip.transaction import ServerTransaction, Transactions
from svara.sip.transport import Flow, Transports
from svara.sip.transport.flow import Address

_ROUNDS = 10

SDP_TYPE = "application/sdp"
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n"
    b"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)


class Wire(Flow):
    """A flow into a list."""

    def __init__(self, remote: Address) -> None:
        super().__init__("UDP", remote, f"udp/{remote[0]}")
        self.sent: list[bytes] = []

    @property
    def local(self) -> Address:
        return "198.51.100.1", 5060

    def send(self, data: bytes) -> bool:
        self.sent.append(data)
        return True

    def take(self) -> bytes:
        return self.sent.pop()


class Relay:
    """The least back-to-back user agent: every call goes to Bob."""

    def __init__(self, clock: LoopClock, transports: Transports) -> None:
        self.layer = Transactions(clock, transports, None, self.request, lambda *_: None)
        self.anna, self.bob = Wire(("192.0.2.10", 5060)), Wire(("192.0.2.20", 5060))
        self.dialogs: dict[str, Dialog] = {}

    def request(self, call: ServerTransaction) -> None:
        if call.request.method == "BYE":
            bye = self.dialogs.pop(call.request.call_id).new_request("BYE")
            self.layer.request(bye, self.bob, on_response=lambda _: call.reply(200), on_failure=lambda _: None)
            return
        asked = call.request
        incoming = Dialog.uas(asked, call.to_tag, self.anna.contact_uri("bob"), self.anna.id)
        headers = [
            ("Max-Forwards", "70"),
            ("From", f"{asked.from_.uri};tag={self.layer.new_tag()}"),
            ("To", "<sip:bob@192.0.2.20>"),
            ("Call-ID", self.layer.new_tag()),
            ("CSeq", "1 INVITE"),
            ("Contact", f"<{self.bob.contact_uri('anna')}>"),
        ]
        out = new_request("INVITE", "sip:bob@192.0.2.20", headers, asked.body, SDP_TYPE)

        def answered(response: Response) -> None:
            contact = [("Contact", f"<{incoming.contact}>")]
            if response.status == 200:
                outgoing = Dialog.uac(out, response, self.bob.contact_uri("anna"), self.bob.id)
                self.dialogs[asked.call_id] = outgoing
                self.layer.send_ack(outgoing.new_ack(1), self.bob)
                ok = new_response(
                    asked, 200, headers=contact, body=response.body, content_type="application/sdp", to_tag=call.to_tag
                )
                call.respond(ok)
            elif response.status > 100:
                call.respond(new_response(asked, response.status, headers=contact, to_tag=call.to_tag))

        self.layer.request(out, self.bob, on_response=answered, on_failure=lambda _: None)


def from_anna(method: str, number: int, *, branch: str, cseq: int, to_tag: str = "", body: bytes = b"") -> bytes:
    lines = [
        f"{method} sip:bob@198.51.100.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK{branch}{number};rport",
        "Max-Forwards: 70",
        f'From: "Anna Berg" <sip:anna@svara.test>;tag=a{number}',
        "To: <sip:bob@svara.test>" + (f";tag={to_tag}" if to_tag else ""),
        f"Call-ID: {number}-0123456789abcdef@192.0.2.10",
        f"CSeq: {cseq} {method}",
        "Contact: <sip:anna@192.0.2.10:5060>",
        "User-Agent: Desk phone 1.0",
        "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS",
        "Content-Type: application/sdp",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def cpu() -> float:
    return time.process_time()


async def calls(count: int) -> float:
    """Seconds of processor time a call: 6 messages in, 7 out, both user agents included."""
    clock, transports = LoopClock(), Transports(LoopClock())
    relay = Relay(clock, transports)
    anna, bob, receive = relay.anna, relay.bob, relay.layer.receive
    spent = 0.0
    for number in range(count):
        invite = from_anna("INVITE", number, branch="i", cseq=1, body=SDP)
        started = cpu()
        receive(parse(invite), anna)
        spent += cpu() - started
        asked = parse(bob.take())
        assert isinstance(asked, Request)
        contact = [("Contact", "<sip:bob@192.0.2.20>")]
        ringing = new_response(asked, 180, headers=contact, to_tag=f"b{number}").to_bytes()
        ok = new_response(
            asked, 200, headers=contact, body=SDP, content_type="application/sdp", to_tag=f"b{number}"
        ).to_bytes()
        started = cpu()
        receive(parse(ringing), bob)
        receive(parse(ok), bob)
        spent += cpu() - started
        answer = parse(anna.take())
        assert isinstance(answer, Response)
        tag = answer.to.tag or ""
        ack = from_anna("ACK", number, branch="a", cseq=1, to_tag=tag)
        bye = from_anna("BYE", number, branch="b", cseq=2, to_tag=tag)
        started = cpu()
        receive(parse(ack), anna)
        receive(parse(bye), anna)
        spent += cpu() - started
        asked = parse(bob.take())
        assert isinstance(asked, Request)
        assert asked.method == "BYE"
        done = new_response(asked, 200).to_bytes()
        started = cpu()
        receive(parse(done), bob)
        spent += cpu() - started
        last = parse(anna.take())
        assert isinstance(last, Response)
        assert last.status == 200
        anna.sent.clear()
        bob.sent.clear()
        if number % 200 == 0:
            await asyncio.sleep(0)
    assert relay.layer.open == 0
    transports.close()
    return spent / count


async def registers(count: int, folder: Path) -> float:
    """Seconds of processor time a registration: REGISTER, 401, REGISTER with digest, 200, durable."""
    clock, transports = LoopClock(), Transports(LoopClock())
    nonces = Nonces(b"k" * 32, clock)
    registrar = Registrar(clock, BindingStore(folder / "registrations", FileKeys(folder / "keys", RoleKey(bytes(32)))))
    secrets = {f"login-{number}": hashes_for(f"login-{number}", "svara", "s3cret") for number in range(500)}

    def handle(asked: ServerTransaction) -> None:
        result = verify(asked.request, nonces, "svara", secrets.get, proxy=False)
        if not hasattr(result, "login") or hasattr(result, "stale"):
            refusal = new_response(asked.request, 401, headers=challenge(nonces, "svara", proxy=False), to_tag=asked.to_tag)
            asked.respond(refusal, stateless=True)
            return
        answer = registrar.register(asked.request, asked.flow, result.login)  # type: ignore[union-attr]
        asked.respond(new_response(asked.request, answer.status, answer.reason, headers=answer.headers, to_tag=asked.to_tag))

    layer = Transactions(clock, transports, None, handle, lambda *_: None)
    wire = Wire(("192.0.2.10", 5060))
    spent = 0.0
    for number in range(count):
        login = f"login-{number % 500}"
        head = "REGISTER sip:svara.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK"
        rest = f"\r\nMax-Forwards: 70\r\nFrom: <sip:{login}@svara.test>;tag={number}\r\nTo: <sip:{login}@svara.test>\r\n"
        rest += f"Call-ID: {number}@phone\r\nContact: <sip:{login}@192.0.2.10:5060>\r\nExpires: 600\r\nCSeq: "
        first = f"{head}a{number}{rest}1 REGISTER\r\nContent-Length: 0\r\n\r\n".encode()
        started = cpu()
        layer.receive(parse(first), wire)
        spent += cpu() - started
        refusal = parse(wire.take())
        assert isinstance(refusal, Response)
        value = respond(refusal.all("www-authenticate")[0], "REGISTER", "sip:svara.test", login, "s3cret", cnonce="c", nc=1)
        second = f"{head}b{number}{rest}2 REGISTER\r\nAuthorization: {value}\r\nContent-Length: 0\r\n\r\n".encode()
        started = cpu()
        layer.receive(parse(second), wire)
        spent += cpu() - started
        done = parse(wire.take())
        assert isinstance(done, Response)
        assert done.status == 200, done.status
        if number % 200 == 0:
            await asyncio.sleep(0)
    registrar.close()
    transports.close()
    return spent / count


def flood(port: int, count: int, window: int = 64) -> None:
    """The child: sends OPTIONS and waits for the answers, `window` at a time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.connect(("127.0.0.1", port))
        phone.settimeout(2)
        sent = answered = 0
        while answered < count:
            while sent < count and sent - answered < window:
                phone.send(from_anna("OPTIONS", sent, branch="o", cseq=1))
                sent += 1
            phone.recv(65_536)
            answered += 1


async def over_udp(count: int) -> float:
    """Seconds of processor time a request, with real datagrams."""
    clock = LoopClock()
    transports = Transports(clock)
    Transactions(clock, transports, None, lambda asked: asked.reply(200), lambda *_: None)
    _, port = await transports.udp(("127.0.0.1", 0))
    transports.trust("127.0.0.1")
    child = await asyncio.create_subprocess_exec(sys.executable, __file__, "--flood", str(port), str(count))
    used = cpu()
    await child.wait()
    spent = cpu() - used
    transports.close()
    assert child.returncode == 0
    return spent / count


async def measure() -> None:
    report("call, SIP layers alone", [await calls(500) for _ in range(_ROUNDS)])
    with tempfile.TemporaryDirectory() as folder:
        report("REGISTER with digest, durable", [await registers(500, Path(folder)) for _ in range(_ROUNDS)])
    report("OPTIONS over loopback UDP", [await over_udp(4_000) for _ in range(_ROUNDS)])


def report(what: str, seconds: list[float]) -> None:
    """The least is what the code costs; the median shows how disturbed the machine was."""
    least, median = min(seconds), statistics.median(seconds)
    print(f"{what:32} {least * 1000:7.3f} ms CPU at least, {median * 1000:7.3f} in the middle; {1 / least:7.0f} a second")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--flood"]:
        flood(int(sys.argv[2]), int(sys.argv[3]))
    else:
        uvloop.run(measure())
