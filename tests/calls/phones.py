"""An office on virtual time, and phones that speak SIP message by message.

Phones have no transaction layer of their own: a test says what they send and sees every message that reaches them, so that
it can also do what no decent phone does. Messages travel at once, and never by themselves: `Office.settle()` lets everything
that was sent arrive.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.calls import offices
from tests.calls.voice import FakeVoice
from tests.keys import ROLE, keys_in

from svara.calls.call import Call
from svara.calls.desk import Desk
from svara.calls.events import AnyEvent
from svara.calls.guard import Limits
from svara.calls.journal import Journal, read_from, recover
from svara.calls.kept import Kept
from svara.calls.live import News
from svara.calls.main import phone_changed
from svara.calls.queue.hall import Hall
from svara.calls.queue.store import Store
from svara.calls.recovery import take_up
from svara.calls.segments import JournalFolder
from svara.calls.switch import Switch
from svara.calls.whenfree.room import WhenFree
from svara.clock import VirtualClock
from svara.data import DataFolder
from svara.media.direct import NoRelay
from svara.media.relay import Kind, LegQuality, QualityDone, RelayError, SdpDone
from svara.people.office import Office as Snapshot
from svara.sip.bindings import BindingStore
from svara.sip.digest import Nonces, respond
from svara.sip.message import Request, Response, new_request, new_response, parse
from svara.sip.registrar import Registrar
from svara.sip.transaction import Transactions
from svara.sip.transport import Flow, FlowError
from svara.sip.transport.flow import Target

SERVER = ("192.0.2.1", 5060)
RELAY = "192.0.2.9"


class Wire(Flow):
    """The way from the server to one phone."""

    __slots__ = ("office", "phone")

    def __init__(self, office: Office, phone: Phone, transport: str) -> None:
        flow_id = f"udp/5060/{phone.address[0]}/{phone.address[1]}" if transport == "UDP" else f"conn-{next(office.serials)}"
        super().__init__(transport, phone.address, flow_id)
        self.office = office
        self.phone = phone

    @property
    def local(self) -> tuple[str, int]:
        return SERVER

    @property
    def trusted(self) -> bool:
        return True

    @trusted.setter
    def trusted(self, value: bool) -> None:
        assert value

    def send(self, data: bytes) -> bool:
        if self.closed:
            return False
        self.office.post.append((self.phone, data))
        return True

    def close(self) -> None:
        self._closed()


class Relay:
    """A relay that puts its own address and a port for each leg into every description."""

    def __init__(self) -> None:
        self.on_lost: Callable[[], None] | None = None
        self.on_silent: Callable[[str, str], None] | None = None
        self.up = True
        self.fails: str | None = None
        self.slow = False
        self.asked: list[tuple[str, ...]] = []
        self.legs: dict[str, set[str]] = {}
        """Those that hold ports, by the session."""
        self.watched: dict[str, tuple[str, ...]] = {}
        self.kinds: dict[str, Kind] = {}
        self._ports: dict[tuple[str, str], int] = {}
        self._later: list[Callable[[], None]] = []

    def offer(
        self,
        session: str,
        from_leg: str,
        to_leg: str,
        sdp: bytes,
        done: SdpDone,
        *,
        to: Kind = "rtp",
        from_address: str | None = None,
        to_address: str | None = None,
    ) -> None:
        self._pass("offer", session, from_leg, to_leg, sdp, done, to)

    def answer(self, session: str, from_leg: str, to_leg: str, sdp: bytes, done: SdpDone, *, to: Kind = "rtp") -> None:
        self._pass("answer", session, from_leg, to_leg, sdp, done, to)

    def _pass(self, what: str, session: str, from_leg: str, to_leg: str, sdp: bytes, done: SdpDone, to: Kind) -> None:
        self.asked.append((what, session, from_leg, to_leg))
        self.kinds[to_leg] = to
        if self.fails:
            reason = self.fails
            self._tell(lambda: done(RelayError(reason)))
            return
        self.legs.setdefault(session, set()).update((from_leg, to_leg))
        port = self._ports.setdefault((session, to_leg), 30_000 + 2 * len(self._ports))
        lines = []
        for line in sdp.decode().split("\r\n"):
            if line.startswith("o="):
                lines.append(f"o=- 1 1 IN IP4 {RELAY}")
            elif line.startswith("s="):
                lines.append("s=-")
            elif line.startswith("c="):
                lines.append(f"c=IN IP4 {RELAY}")
            elif line.startswith("m="):
                kind, _, rest = line.split(" ", 2)
                lines.append(f"{kind} {port} {rest}")
            else:
                lines.append(line)
        self._tell(lambda: done("\r\n".join(lines).encode()))

    @property
    def sessions(self) -> set[str]:
        return set(self.legs)

    def copy(self, session: str, from_leg: str, to_leg: str, done: SdpDone) -> None:
        port = self._ports.setdefault((session, to_leg), 30_000 + 2 * len(self._ports))
        head = f"v=0\r\no=- 1 1 IN IP4 {RELAY}\r\ns=-\r\nc=IN IP4 {RELAY}\r\nt=0 0\r\n"
        sdp = f"{head}m=audio {port} RTP/AVP 8\r\na=sendonly\r\n"
        self.asked.append(("copy", session, from_leg, to_leg))
        reason = self.fails
        self._tell(lambda: done(RelayError(reason) if reason else sdp.encode()))

    def copied(self, session: str, to_leg: str, answer: bytes) -> None:
        self.asked.append(("copied", session, to_leg))

    def _tell(self, news: Callable[[], None]) -> None:
        if self.slow:
            self._later.append(news)
        else:
            news()

    def catch_up(self) -> None:
        """A slow relay answers now."""
        while self._later:
            self._later.pop(0)()

    def watch(self, session: str, legs: tuple[str, ...], *, hearer: str = "") -> None:
        self.watched[session] = legs

    def deafen(self, session: str, leg: str) -> None:
        self.asked.append(("deafen", session, leg))

    def free(self, session: str, legs: Iterable[str]) -> None:
        self.legs.get(session, set()).difference_update(legs)

    def delete(self, session: str, done: QualityDone | None = None) -> None:
        self.asked.append(("delete", session))
        self.legs.pop(session, None)
        legs = self.watched.pop(session, ())
        if done:
            self._tell(lambda: done(tuple(LegQuality(leg, 1000, 3, 1.5, 4.2) for leg in legs)))


class Transports:
    """What the registrar and the calls need of the real ones."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.on_message: Any = None
        self.wires: dict[str, Wire] = {}
        self.places: dict[tuple[str, int], Wire] = {}
        """Who can be reached at an address of their own: providers."""
        self.trusted: set[str] = set()

    def trust(self, ip: str) -> None:
        self.trusted.add(ip)

    def flow_for(self, target: Target, done: Callable[[Flow | FlowError], None], *, size: int = 0) -> None:
        """No phone takes a connection from us."""
        if (target.host, target.port) in self.places:
            done(self.places[target.host, target.port])
            return
        self.clock.call_later(0.1, done, FlowError("the connection could not be opened"))

    def flow_by_id(self, flow_id: str) -> Flow | None:
        return self.wires.get(flow_id)


class Office:
    """The server under test."""

    def __init__(
        self, folder: Path, snapshot: Snapshot | None = None, limits: Limits | None = None, direct: bool = False
    ) -> None:
        self.folder = folder
        self.snapshot = snapshot or offices.office()
        self.limits = limits
        self.clock = VirtualClock()
        self.relay = Relay()
        self.voice = FakeVoice(self.clock)
        self.transports = Transports(self.clock)
        self.registrar = Registrar(
            self.clock, BindingStore(folder / "registrations", keys_in(folder)), on_change=self._changed
        )
        self.news: list[tuple[str, bytes]] = []
        self.post: deque[tuple[Phone, bytes]] = deque()
        self.serials = itertools.count(1)
        self.start()

    def start(self, *, locked: bool = False) -> None:
        """The calls process starts (again); `locked`: where its key cannot be had."""
        data = DataFolder(self.folder)
        data.journal.mkdir(exist_ok=True)
        self.journal = JournalFolder(data.journal, data.call_keys, ROLE)
        if locked:
            self.kept = Kept(data, None)
            self.registrar = Registrar(self.clock, self.kept.bindings, on_change=self._changed)
        left_open = {} if locked else recover(self.journal)
        self.random = random.Random(next(self.serials))
        self.switch = Switch(
            clock=self.clock,
            journal=self.kept.journal if locked else Journal(self.journal, left_open, sync_seconds=60),
            news=News(self.clock, lambda topic, payload: self.news.append((topic, payload))),
            registrar=self.registrar,
            relay=self.relay,
            direct=NoRelay(self.clock),
            transports=self.transports,  # type: ignore[arg-type]
            new_id=lambda: f"call{next(self.serials)}",
            new_tag=lambda: f"{self.random.getrandbits(64):016x}",
            random=self.random,
        )
        self.switch.voice = self.voice
        self.voice.on_event = self.switch.heard
        self.voice.on_lost, self.voice.on_away = self.switch.voice_lost, self.switch.voice_away
        self.switch.office = self.snapshot
        self.switch.trunks.office(self.snapshot)
        queues = self.kept.queues if locked else Store(data.queues, keys_in(self.folder))
        self.hall = Hall(self.switch, queues, lambda topic, payload: self.news.append((topic, payload)))
        WhenFree(self.switch, queues)
        self.desk = Desk(self.switch, Nonces(b"key", self.clock), self.limits)
        self.switch.transactions = Transactions(
            self.clock, self.transports, self.random, self.desk.on_request, self.desk.on_ack
        )
        self.switch.news.office(self.snapshot, lambda login: bool(self.registrar.bindings(login)))
        self.hall.office(self.snapshot)
        assert self.switch.when_free is not None
        self.switch.when_free.office()
        take_up(self.switch, left_open)

    def kill(self) -> None:
        """kill -9: nothing of the process is left but its files; phones and time go on."""
        self.switch.journal.close()
        self.switch.journal.write = lambda *_: None  # type: ignore[method-assign]  # what still holds on to it is dead
        self.switch.journal.invited = lambda *_: None  # type: ignore[method-assign]
        self.clock._timers.clear()
        self.voice.survive()
        self.transports.on_message = None

    def _changed(self, login: str, count: int) -> None:
        phone_changed(self.desk, login, count)

    # --- letting things happen

    def settle(self) -> None:
        """Let every message that is on its way arrive."""
        for _ in range(10_000):
            if not self.post:
                return
            phone, data = self.post.popleft()
            phone.receive(data)
        raise AssertionError("the phones and the server never stop talking")

    def wait(self, seconds: float) -> None:
        """Let time pass, messages arriving as they are sent."""
        end = self.clock.monotonic() + seconds
        self.settle()
        while (timers := [due for due, _, timer in self.clock._timers if not timer.cancelled and due <= end]) and min(
            timers
        ) <= end:
            self.clock.advance(max(0.0, min(timers) - self.clock.monotonic()))
            self.settle()
        self.clock.advance(max(0.0, end - self.clock.monotonic()))
        self.settle()

    # --- what can be seen

    @property
    def events(self) -> list[AnyEvent]:
        return [event for _, event in read_from(self.journal, None)]

    def told(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

    @property
    def calls(self) -> list[Call]:
        return list(self.switch.calls.values())

    def close(self) -> None:
        self.switch.journal.close()
        self.registrar.close()


class Phone:
    """One phone. `received` is every message that reached it."""

    def __init__(
        self, office: Office, login: str, *, transport: str = "UDP", address: str = "", behind_nat: bool = False
    ) -> None:
        self.office = office
        self.login = login
        self.serial = next(office.serials)
        self.address = (address or f"198.51.100.{self.serial % 250 + 1}", 40_000 + self.serial)
        self.own = ("10.0.0.7", 5060) if behind_nat else self.address
        self.transport = transport
        self.connect()
        self.received: list[Request | Response] = []
        self.deaf = False
        """Gone: whatever comes is not answered."""
        self.answers_bye = True
        self.answers_options = 200
        self.acks = True
        self.last = b""
        self.holds = False
        self.extra: list[tuple[str, str]] = []
        """Headers for every INVITE and 2xx."""
        self.sdp_port = 7000 + self.serial
        self.cseq = itertools.count(1)
        self.invite: Request | None = None
        """The INVITE that rings here."""
        self.tag = f"tag{self.serial}"
        self.call_id = ""
        self.from_ = ""
        self.to = ""
        self.target = ""
        self.sent: Request | None = None
        self._pending: dict[str, Callable[[Response], None]] = {}

    def connect(self) -> Phone:
        """Open a (new) way to the server."""
        self.wire = Wire(self.office, self, self.transport)
        self.office.transports.wires[self.wire.id] = self.wire
        return self

    # --- small things

    @property
    def sdp(self) -> bytes:
        return self.description()

    def description(self, direction: str = "sendrecv", codecs: str = "8 0 101", version: int = 1) -> bytes:
        return (
            f"v=0\r\no={self.login} {self.serial} {version} IN IP4 {self.own[0]}\r\ns=my secret phone\r\n"
            f"c=IN IP4 {self.own[0]}\r\nt=0 0\r\nm=audio {self.sdp_port} RTP/AVP {codecs}\r\n"
            f"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
        ).encode()

    def contact(self) -> str:
        more = "" if self.transport == "UDP" else f";transport={self.transport.lower()}"
        return f"<sip:{self.login}@{self.own[0]}:{self.own[1]}{more}>"

    def transmit(self, message: Request | Response) -> None:
        """Send it to the server, there and then."""
        self.last = message.to_bytes()
        self.repeat()

    def repeat(self) -> None:
        """Send the last message again."""
        if self.last and self.office.transports.on_message is not None:
            self.office.transports.on_message(parse(self.last), self.wire)

    def heard(self, method_or_status: str | int) -> list[Any]:
        """The messages of one kind that came."""
        if isinstance(method_or_status, int):
            return [one for one in self.received if isinstance(one, Response) and one.status == method_or_status]
        return [one for one in self.received if isinstance(one, Request) and one.method == method_or_status]

    @property
    def statuses(self) -> list[int]:
        """What was answered to this phone's last INVITE, challenges left out."""
        return [
            one.status
            for one in self.received
            if isinstance(one, Response) and one.cseq.method == "INVITE" and one.status not in (401, 407, 100)
        ]

    @property
    def rings(self) -> bool:
        return self.invite is not None

    # --- asking

    def send_new(
        self, method: str, uri: str, headers: list[tuple[str, str]], body: bytes = b"", settle: bool = True
    ) -> Request:
        branch = f"z9hG4bK{next(self.office.serials)}"
        via = f"SIP/2.0/{self.transport} {self.own[0]}:{self.own[1]};branch={branch};rport"
        request = new_request(method, uri, [("Via", via), ("Max-Forwards", "70"), *headers], body)
        if body and not request.has("content-type"):
            request.set("Content-Type", "application/sdp")
        self.sent = request
        self.transmit(request)
        if settle:
            self.office.settle()
        return request

    def register(self, expires: int = 3600) -> Phone:
        self._asked("REGISTER", f"sip:{SERVER[0]}", f"sip:{self.login}@{SERVER[0]}", [("Expires", str(expires))])
        return self

    def call(
        self,
        to: str,
        *,
        sdp: bytes | None = None,
        host: str = SERVER[0],
        headers: list[tuple[str, str]] | None = None,
        uri: str = "",
    ) -> Phone:
        """Dial; authenticates when asked to."""
        self.call_id = f"cid{next(self.office.serials)}@{self.own[0]}"
        self.tag = f"tag{next(self.office.serials)}"
        body = self.sdp if sdp is None else sdp
        self._asked("INVITE", uri or f"sip:{to}@{host}", f"sip:{to}@{host}", [*self.extra, *(headers or [])], body)
        return self

    def _asked(self, method: str, uri: str, to: str, headers: list[tuple[str, str]], body: bytes = b"") -> None:
        call_id = self.call_id if method == "INVITE" else f"reg{self.serial}@{self.own[0]}"
        self.from_ = f'"{self.login.title()}" <sip:{self.login}@{SERVER[0]}>;tag={self.tag}'
        self.to = f"<{to}>"

        def send(credentials: list[tuple[str, str]]) -> None:
            base = [
                ("From", self.from_),
                ("To", self.to),
                ("Call-ID", call_id),
                ("CSeq", f"{next(self.cseq)} {method}"),
                ("Contact", self.contact()),
                ("User-Agent", "Secret Phone 3.1"),
            ]
            self.send_new(method, uri, [*base, *credentials, *headers], body, settle=False)

        before = len(self.received)
        send([])
        self._settle_until_answered(before)
        for response in self.received[before:]:
            if isinstance(response, Response) and response.status in (401, 407):
                name = "Authorization" if response.status == 401 else "Proxy-Authorization"
                asked = response.all("www-authenticate" if response.status == 401 else "proxy-authenticate")
                send([(name, respond(asked, method, uri, self.login, f"s3cret-{self.login}"))])
                self.office.settle()
                return

    def _settle_until_answered(self, before: int) -> None:
        """Until what follows from a request has happened; `before` is how much this phone had received when it asked."""
        self.office.settle()

    def request(self, method: str, headers: list[tuple[str, str]] | None = None, body: bytes = b"") -> Request:
        """A request within the dialog."""
        base = [("From", self.from_), ("To", self.to), ("Call-ID", self.call_id), ("CSeq", f"{next(self.cseq)} {method}")]
        if method in ("INVITE", "UPDATE"):
            base.append(("Contact", self.contact()))
        return self.send_new(method, self.target or f"sip:{SERVER[0]}", [*base, *(headers or [])], body)

    def cancel(self) -> None:
        """Give up the call that was dialled."""
        assert self.sent is not None
        cancel = new_request(
            "CANCEL",
            self.sent.uri,
            [
                ("Via", self.sent.first("via") or ""),
                ("From", self.from_),
                ("To", self.sent.first("to") or ""),
                ("Call-ID", self.call_id),
                ("CSeq", f"{self.sent.cseq.number} CANCEL"),
                ("Max-Forwards", "70"),
            ],
        )
        self.transmit(cancel)
        self.office.settle()

    def hang_up(self, headers: list[tuple[str, str]] | None = None) -> None:
        self.request("BYE", headers)

    def hold(self) -> None:
        self.holds = True
        self.request("INVITE", body=self.description("sendonly", version=2))

    def resume(self) -> None:
        self.holds = False
        self.request("INVITE", body=self.description("sendrecv", version=3))

    # --- answering

    def respond(
        self, status: int, sdp: bytes = b"", headers: list[tuple[str, str]] | None = None, request: Request | None = None
    ) -> None:
        """Answer the INVITE that rings here (or `request`)."""
        asked = request or self.invite
        assert asked is not None
        more = [("Contact", self.contact()), ("Server", "Secret Phone 3.1"), *(headers or [])]
        if status < 300:
            more += self.extra
        response = new_response(
            asked, status, headers=more, body=sdp, content_type="application/sdp" if sdp else None, to_tag=self.tag
        )
        self.transmit(response)
        self.office.settle()

    def ring(self) -> None:
        self.respond(180)

    def answer(self, sdp: bytes | None = None) -> None:
        assert self.invite is not None
        invite = self.invite
        self._adopt(invite)
        self.respond(200, self.sdp if sdp is None else sdp, request=invite)

    def decline(self, status: int = 603) -> None:
        self.respond(status)
        self.invite = None

    def _adopt(self, invite: Request) -> None:
        self.call_id = invite.call_id
        self.from_ = f"{invite.first('to')};tag={self.tag}"
        self.to = invite.first("from") or ""
        self.target = str(invite.contacts[0].uri)

    def change(self, request: Request) -> None:
        """What the phone does with a re-INVITE, or an UPDATE with a description; a test may put something else here."""
        mine = "sendonly" if self.holds else "sendrecv"
        sdp = self.description("recvonly" if b"a=sendonly" in request.body else mine, version=5)
        headers = [("Contact", self.contact()), *self.extra]
        self.transmit(new_response(request, 200, headers=headers, body=sdp, content_type="application/sdp"))

    # --- receiving

    def receive(self, data: bytes) -> None:
        message = parse(data)
        assert isinstance(message, Request | Response), data
        self.received.append(message)
        if self.deaf:
            return
        if isinstance(message, Request):
            self._request(message)
        else:
            self._response(message)

    def _request(self, request: Request) -> None:
        method = request.method
        if method == "INVITE" and request.to.tag is None:
            self.invite = request
            self.tag = f"tag{next(self.office.serials)}"
        elif method == "INVITE":
            self.change(request)
        elif method == "CANCEL":
            self.transmit(new_response(request, 200, to_tag=self.tag))
            if self.invite is not None:
                self.transmit(new_response(self.invite, 487, to_tag=self.tag))
                self.invite = None
        elif method == "OPTIONS":
            self.transmit(new_response(request, self.answers_options))
        elif (method == "BYE" and self.answers_bye) or method in ("INFO", "NOTIFY", "PRACK"):
            self.transmit(new_response(request, 200))
        elif method == "UPDATE" and request.body:
            self.change(request)
        elif method == "UPDATE":
            self.transmit(new_response(request, 200, headers=[("Contact", self.contact()), *self.extra]))

    def _response(self, response: Response) -> None:
        if response.cseq.method != "INVITE" or response.status < 200:
            return
        if response.status >= 300:
            if self.sent is not None and self.sent.cseq.number == response.cseq.number:
                self._ack(response, self.sent.first("via") or "", self.sent.uri)
            return
        self.to = response.first("to") or ""
        self.target = str(response.contacts[0].uri)
        if self.acks:
            self.acknowledge(response)

    def acknowledge(self, response: Response, sdp: bytes = b"") -> None:
        branch = f"z9hG4bK{next(self.office.serials)}"
        self._ack(response, f"SIP/2.0/{self.transport} {self.own[0]}:{self.own[1]};branch={branch};rport", self.target, sdp)

    def _ack(self, response: Response, via: str, uri: str, sdp: bytes = b"") -> None:
        ack = new_request(
            "ACK",
            uri,
            [
                ("Via", via),
                ("From", response.first("from") or ""),
                ("To", response.first("to") or ""),
                ("Call-ID", response.call_id),
                ("CSeq", f"{response.cseq.number} ACK"),
                ("Max-Forwards", "70"),
            ],
            sdp,
            "application/sdp" if sdp else None,
        )
        self.transmit(ack)
