"""Our own phones for what SIPp cannot tell: times finer than a millisecond, and where the sound of each call goes.

Two sockets play all phones: one calls, one rings and answers at once. Enough of SIP for that over UDP on loopback, where
nothing is lost; a lost datagram is a failed call here, and is counted.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from bench.server import CALLEES, CALLERS, Server, secret_of

_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
)
_CHALLENGE = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
_AUDIO = re.compile(r"^m=audio (\d+) ", re.MULTILINE)


@dataclass(slots=True)
class Call:
    """One call as the caller sees it. Times in seconds of `perf_counter`."""

    id: str
    caller: str
    callee: str
    asked: float = 0.0
    """When the INVITE with credentials left."""
    rang: float | None = None
    answered: float | None = None
    to: str = ""
    target: str = ""
    routes: list[str] = field(default_factory=list)
    caller_sends_to: int = 0
    """The port at which the server takes the caller's sound."""
    ended: bool = False
    failure: str = ""


class Message:
    """A received SIP message, read as far as needed."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.decode(errors="replace").partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers: list[tuple[str, str]] = []
        for line in lines:
            name, _, value = line.partition(":")
            self.headers.append((name.strip().lower(), value.strip()))

    def all(self, *names: str) -> list[str]:
        return [value for name, value in self.headers if name in names]

    def first(self, *names: str) -> str:
        return next(iter(self.all(*names)), "")

    @property
    def status(self) -> int:
        return int(self.start.split(" ", 2)[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def audio_port(self) -> int:
        found = _AUDIO.search(self.body)
        return int(found[1]) if found else 0


class _Endpoint(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[Message], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002
        if len(data) > 4:  # not a keep-alive
            self._received(Message(data))


class Phones:
    """All callers on one socket, all callees on another."""

    def __init__(self, server: Server, caller_audio: int = 40000, callee_audio: int = 40002) -> None:
        self._server = server
        self._address = (server.host, server.port)
        self._audio = (caller_audio, callee_audio)
        self._numbers = itertools.count()
        self._run = secrets.token_hex(3)
        self.calls: dict[str, Call] = {}
        self.callee_sends_to: list[int] = []
        """The ports at which the server takes the callees' sound, one a call."""
        self.callee_answered_at = 0.0
        """When a callee picked up last."""
        self._registered: dict[str, asyncio.Future[None]] = {}

    async def open(self, callee_port: int = 0) -> None:
        """Open both sockets and register the callees on theirs. Raises SystemExit when one is refused."""
        loop = asyncio.get_running_loop()
        self._caller, _ = await loop.create_datagram_endpoint(lambda: _Endpoint(self._at_caller), ("127.0.0.1", 0))
        self._callee, _ = await loop.create_datagram_endpoint(lambda: _Endpoint(self._at_callee), ("127.0.0.1", callee_port))
        self._caller_port = self._caller.get_extra_info("sockname")[1]
        self._callee_port = self._callee.get_extra_info("sockname")[1]
        for login in CALLEES:
            self._registered[login] = loop.create_future()
            self._callee.sendto(self._register(login, 1), self._address)
            await asyncio.sleep(0.002)
        try:
            async with asyncio.timeout(10):
                await asyncio.gather(*self._registered.values())
        except TimeoutError:
            raise SystemExit("bench: not every phone could register") from None

    def close(self) -> None:
        self._caller.close()
        self._callee.close()

    def call(self, callee: str = "", caller: int | None = None) -> Call:
        """Start the next call, to `callee` or to the next one, by the caller with this number or by the next one."""
        number = next(self._numbers)
        by = CALLERS[(number if caller is None else caller) % len(CALLERS)]
        call = Call(f"{self._run}-{number}", by, callee or CALLEES[number % len(CALLEES)])
        self.calls[call.id] = call
        self._caller.sendto(self._invite(call, 1), self._address)
        return call

    def hang_up(self, call: Call) -> None:
        self._caller.sendto(self._within("BYE", call, 3), self._address)

    # --- what the caller sends

    def _head(self, method: str, uri: str, port: int, call_id: str, cseq: int) -> list[str]:
        return [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{call_id}{method}{cseq}",
            "Max-Forwards: 70",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
        ]

    def _register(self, login: str, cseq: int, credentials: str = "") -> bytes:
        uri = f"sip:{self._server.host}"
        lines = self._head("REGISTER", uri, self._callee_port, f"{self._run}-r{login}", cseq)
        lines += [f"From: <sip:{login}@{self._server.host}>;tag=r", f"To: <sip:{login}@{self._server.host}>"]
        lines += [f"Contact: <sip:{login}@127.0.0.1:{self._callee_port}>", "Expires: 3600"]
        return encode([*lines, *([credentials] if credentials else [])])

    def _invite(self, call: Call, cseq: int, credentials: str = "") -> bytes:
        lines = self._head("INVITE", f"sip:{call.callee}@{self._server.host}", self._caller_port, call.id, cseq)
        lines += [f"From: <sip:{call.caller}@{self._server.host}>;tag=c", f"To: <sip:{call.callee}@{self._server.host}>"]
        lines += [f"Contact: <sip:{call.caller}@127.0.0.1:{self._caller_port}>", "Content-Type: application/sdp"]
        return encode([*lines, *([credentials] if credentials else [])], description(self._audio[0]))

    def _within(self, method: str, call: Call, cseq: int, *more: str) -> bytes:
        lines = self._head(method, call.target, self._caller_port, call.id, cseq)
        lines += [f"From: <sip:{call.caller}@{self._server.host}>;tag=c", f"To: {call.to}"]
        return encode([*lines, *(f"Route: {route}" for route in call.routes), *more])

    # --- what comes

    def _at_caller(self, message: Message) -> None:
        call = self.calls.get(message.first("call-id", "i"))
        if call is None:
            return
        number, _, method = message.first("cseq").partition(" ")
        status = message.status
        if status == 0:
            self._caller.sendto(reply(message, "200 OK"), self._address)
            call.ended |= message.start.startswith("BYE")
        elif method == "BYE":
            call.ended = True
        elif method == "REFER":
            return
        elif status in (401, 407) and number == "1":
            call.to = message.first("to", "t")
            self._caller.sendto(self._ack_refusal(message, call), self._address)
            uri = f"sip:{call.callee}@{self._server.host}"
            proof = credentials(message, "INVITE", uri, call.caller)
            call.asked = perf_counter()
            self._caller.sendto(self._invite(call, 2, proof), self._address)
        elif status in (180, 183) and call.rang is None:
            call.rang = perf_counter()
        elif status == 200:
            if call.answered is None:
                call.answered = perf_counter()
                call.to = message.first("to", "t")
                call.target = re.sub(r".*<([^>]+)>.*", r"\1", message.first("contact", "m"))
                call.routes = list(reversed(message.all("record-route")))
                call.caller_sends_to = message.audio_port
            self._caller.sendto(self._within("ACK", call, 2), self._address)
        elif status >= 300:
            call.failure = message.start
            self._caller.sendto(self._ack_refusal(message, call), self._address)

    def _ack_refusal(self, message: Message, call: Call) -> bytes:
        number = int(message.first("cseq").split()[0])
        uri = f"sip:{call.callee}@{self._server.host}"
        lines = self._head("INVITE", uri, self._caller_port, call.id, number)
        lines[0], lines[-1] = f"ACK {uri} SIP/2.0", f"CSeq: {number} ACK"
        return encode([*lines, f"From: {message.first('from', 'f')}", f"To: {message.first('to', 't')}"])

    def _at_callee(self, message: Message) -> None:
        if message.status:
            login = message.first("call-id", "i").partition("-r")[2]
            if message.status in (401, 407) and message.first("cseq").startswith("1 "):
                proof = credentials(message, "REGISTER", f"sip:{self._server.host}", login)
                self._callee.sendto(self._register(login, 2, proof), self._address)
            elif message.status == 200 and not self._registered[login].done():
                self._registered[login].set_result(None)
        elif message.start.startswith("INVITE"):
            contact = f"Contact: <sip:127.0.0.1:{self._callee_port}>"
            self.callee_sends_to.append(message.audio_port)
            self._callee.sendto(reply(message, "180 Ringing", contact), self._address)
            sdp = description(self._audio[1])
            self.callee_answered_at = perf_counter()
            self._callee.sendto(reply(message, "200 OK", contact, "Content-Type: application/sdp", body=sdp), self._address)
        elif not message.start.startswith("ACK"):
            self._callee.sendto(reply(message, "200 OK"), self._address)


def description(audio_port: int) -> str:
    """G.711 at this port."""
    return _SDP.format(port=audio_port)


def encode(lines: list[str], body: str = "") -> bytes:
    """A message from its lines, without Content-Length, and its body."""
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()


def reply(request: Message, status: str, *extra: str, body: str = "") -> bytes:
    """An answer to a request."""
    to = request.first("to", "t")
    lines = [f"SIP/2.0 {status}"]
    lines += [f"Via: {via}" for via in request.all("via", "v")]
    lines += [f"Record-Route: {route}" for route in request.all("record-route")]
    lines += [f"From: {request.first('from', 'f')}", f"To: {to if ';tag=' in to else to + ';tag=s'}"]
    lines += [f"Call-ID: {request.first('call-id', 'i')}", f"CSeq: {request.first('cseq')}", *extra]
    return encode(lines, body)


def credentials(refusal: Message, method: str, uri: str, login: str) -> str:
    """Digest with MD5 (RFC 2617 section 3.2.2)."""
    proxy = refusal.status == 407
    value = next(
        (each for each in refusal.all("proxy-authenticate" if proxy else "www-authenticate") if "sha-" not in each.lower()),
        "",
    )
    given = {name.lower(): quoted or plain for name, quoted, plain in _CHALLENGE.findall(value)}
    realm, nonce = given.get("realm", ""), given.get("nonce", "")

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    ha1, ha2 = md5(f"{login}:{realm}:{secret_of(login)}"), md5(f"{method}:{uri}")
    answer = f'Digest username="{login}",realm="{realm}",nonce="{nonce}",uri="{uri}",algorithm=MD5'
    if "qop" in given:
        response = md5(f"{ha1}:{nonce}:00000001:b:auth:{ha2}")
        answer += f',qop=auth,nc=00000001,cnonce="b",response="{response}"'
    else:
        answer += f',response="{md5(f"{ha1}:{nonce}:{ha2}")}"'
    return ("Proxy-Authorization: " if proxy else "Authorization: ") + answer


async def ring_times(server: Server, calls_a_second: float, seconds: float) -> tuple[list[float], int]:
    """Milliseconds from INVITE to 180 through the server, and how many calls failed."""
    phones = Phones(server)
    await phones.open()
    loop = asyncio.get_running_loop()
    began, count = loop.time(), int(calls_a_second * seconds)
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / calls_a_second - loop.time()))
        call = phones.call()
        loop.call_later(0.5, phones.hang_up, call)
    await asyncio.sleep(1.5)
    phones.close()
    calls = list(phones.calls.values())
    times = [1000 * (call.rang - call.asked) for call in calls if call.rang is not None]
    return times, sum(not call.ended or call.answered is None for call in calls)
