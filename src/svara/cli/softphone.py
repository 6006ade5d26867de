"""Small SIP phones, for the demo office: they register, call, ring, answer, decline and hang up, like anybody's.

All of them share one UDP socket and stand on `svara.sip` as any user agent could; they know nothing of the server but its
address.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from svara.cli import descriptions
from svara.cli.sound import Sound
from svara.clock import Clock, LoopClock
from svara.sip.dialog import Dialog, dialog_id
from svara.sip.digest import respond
from svara.sip.message import Request, Response, SipError, new_request, new_response
from svara.sip.sdp import Sdp, parse_sdp
from svara.sip.transaction import ClientTransaction, ServerTransaction, Transactions
from svara.sip.transport import Flow, FlowError, Target, Transports
from svara.sip.transport.flow import bracketed

REGISTER_SECONDS = 600
_TRIES = 2
"""A request is sent again once, with the credentials that were asked for."""

OnResponse = Callable[[Response], None]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a phone does with a call: after `after_seconds` it answers, declines or says it is busy, or it just rings.

    Having answered it hangs up after `talk_seconds`, or waits for the other side to. `echo`: say back what is said.
    """

    does: Literal["answer", "decline", "busy", "ring"] = "answer"
    after_seconds: float = 2.0
    talk_seconds: float | None = None
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    login: str
    secret: str
    name: str


class UserAgent:
    """The phones of one machine behind one socket."""

    def __init__(self, server: tuple[str, int], *, local_host: str = "127.0.0.1", clock: Clock | None = None) -> None:
        self.server = server
        self.local_host = local_host
        self.clock: Clock = clock or LoopClock()
        self.phones: dict[str, SoftPhone] = {}
        self.calls: dict[tuple[str, str], PhoneCall] = {}
        """By Call-ID and our own tag."""
        self._transports = Transports(self.clock)
        self.transactions = Transactions(self.clock, self._transports, None, self._on_request, self._on_stray_ack)
        self._flow: Flow | None = None

    async def open(self) -> None:
        """Take a free UDP port. Raises OSError, FlowError."""
        await self._transports.udp((self.local_host, 0))
        host, port = self.server
        self._transports.flow_for(Target("UDP", host, port), self._opened)

    def _opened(self, flow: Flow | FlowError) -> None:
        if isinstance(flow, FlowError):
            raise flow
        self._flow = flow

    @property
    def flow(self) -> Flow:
        """The way to the server."""
        if self._flow is None:
            raise FlowError("the user agent is not open")
        return self._flow

    def phone(self, credentials: Credentials) -> SoftPhone:
        """A phone with this login."""
        phone = self.phones[credentials.login] = SoftPhone(self, credentials)
        return phone

    async def close(self) -> None:
        """Hang up everywhere and let go of the socket."""
        for call in list(self.calls.values()):
            call.hang_up()
        await asyncio.sleep(0.05)
        for call in list(self.calls.values()):
            call.over(0)
        self._transports.close()

    def server_uri(self, user: str = "") -> str:
        host, port = self.server
        return f"sip:{f'{user}@' if user else ''}{bracketed(host)}:{port}"

    def _on_request(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        within = dialog_id(request)
        if within is not None:
            call = self.calls.get(within[:2])
            if call is None:
                transaction.reply(481)
            else:
                call.on_request(transaction)
        elif request.method == "INVITE":
            phone = self.phones.get(request.request_uri.user or "")
            if phone is None:
                transaction.reply(404)
            else:
                phone.on_invite(transaction)
        elif request.method == "OPTIONS":
            transaction.reply(200)
        else:
            transaction.reply(405, headers=(("Allow", _ALLOW),))

    def _on_stray_ack(self, ack: Request, flow: Flow) -> None:
        """An ACK that comes again, or for a call that is over, needs nothing."""


class SoftPhone:
    """One phone. `reaction` is what it does with the next call, `always` with those after it."""

    def __init__(self, agent: UserAgent, credentials: Credentials) -> None:
        self.agent = agent
        self.credentials = credentials
        self.always = Reaction(echo=True)
        self.reaction: Reaction | None = None
        self._registration = f"{secrets.token_hex(12)}@svara.invalid"
        self._cseq = 0
        self._refresh: asyncio.TimerHandle | None = None

    @property
    def contact(self) -> str:
        return self.agent.flow.contact_uri(self.credentials.login)

    @property
    def address(self) -> str:
        """This phone's own address of record, as From."""
        return f'"{self.credentials.name}" <{self.agent.server_uri(self.credentials.login)}>'

    async def register(self, seconds: int = REGISTER_SECONDS) -> bool:
        """Be reachable (0: no longer); True when the server agreed. Renewed by itself at half time."""
        if self._refresh is not None:
            self._refresh.cancel()
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def on_response(response: Response) -> None:
            if response.status >= 200 and not answered.done():
                answered.set_result(response.status)

        uri = self.agent.server_uri()
        tag = secrets.token_hex(8)

        def build(extra: list[tuple[str, str]]) -> Request:
            self._cseq += 1
            own = f"<{self.agent.server_uri(self.credentials.login)}>"
            headers = [("Max-Forwards", "70"), ("From", f"{own};tag={tag}"), ("To", own), ("Call-ID", self._registration)]
            headers += [("CSeq", f"{self._cseq} REGISTER"), ("Contact", f"<{self.contact}>"), ("Expires", str(seconds))]
            return new_request("REGISTER", uri, headers + extra)

        self.ask(build, on_response)
        accepted = await answered == 200
        if seconds and accepted:
            loop = asyncio.get_running_loop()
            self._refresh = loop.call_later(seconds / 2, lambda: loop.create_task(self.register(seconds)))
        return accepted

    async def call(self, number: str, *, echo: bool = False) -> PhoneCall:
        """Dial; the call rings, is answered and ends as its events tell."""
        call = PhoneCall(self, f"{secrets.token_hex(12)}@svara.invalid", secrets.token_hex(8), echo=echo)
        await call.dial(number)
        return call

    def ask(
        self,
        build: Callable[[list[tuple[str, str]]], Request],
        on_response: OnResponse,
        on_sent: Callable[[ClientTransaction], None] | None = None,
        flow: Flow | None = None,
    ) -> None:
        """Send what `build(extra headers)` makes; answer a challenge once. A failure comes as a 408 or 503.

        `on_sent` gets each transaction that is made for it. `flow` is the way, if not to the server.
        """

        def send(request: Request, tries: int) -> None:
            transaction = self._send(request, flow, lambda response: received(request, response, tries))
            if on_sent is not None:
                on_sent(transaction)

        def received(request: Request, response: Response, tries: int) -> None:
            credentials = self._credentials_for(request, response) if tries > 1 else None
            if credentials is None:
                on_response(response)
            else:
                send(build([credentials]), tries - 1)

        send(build([]), _TRIES)

    def _credentials_for(self, request: Request, response: Response) -> tuple[str, str] | None:
        """The header that answers a challenge; None when it is none, or none that we understand."""
        header = {401: ("www-authenticate", "Authorization"), 407: ("proxy-authenticate", "Proxy-Authorization")}
        if response.status not in header:
            return None
        asked, given = header[response.status]
        own = self.credentials
        try:
            return given, respond(response.all(asked), request.method, request.uri, own.login, own.secret)
        except SipError:
            return None

    def _send(self, request: Request, flow: Flow | None, on_response: OnResponse) -> ClientTransaction:
        def failed(why: str) -> None:
            on_response(new_response(request, 408 if why == "timeout" else 503, to_tag="none"))

        return self.agent.transactions.request(request, flow or self.agent.flow, on_response=on_response, on_failure=failed)

    def on_invite(self, transaction: ServerTransaction) -> None:
        """Somebody calls."""
        reaction, self.reaction = self.reaction or self.always, None
        request = transaction.request
        call = PhoneCall(self, request.call_id, transaction.to_tag, echo=reaction.echo)
        asyncio.get_running_loop().create_task(call.react(transaction, reaction))


_ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"


class PhoneCall:
    """One call of one phone. `answered` and `ended` are set as they happen; `status` is what ended it, 200 after a talk."""

    def __init__(self, phone: SoftPhone, call_id: str, tag: str, *, echo: bool) -> None:
        self.phone = phone
        self.answered = asyncio.Event()
        self.ended = asyncio.Event()
        self.status = 0
        self.sound = Sound(echo=echo)
        self._agent = phone.agent
        self._key = (call_id, tag)
        self._dialog: Dialog | None = None
        self._description: Sdp | None = None
        self._port = 0
        self._gave_up = False
        self._flow = self._agent.flow
        self._invite: ClientTransaction | None = None
        self._incoming: ServerTransaction | None = None
        self._agent.calls[self._key] = self

    # --- calling

    async def dial(self, number: str) -> None:
        """Send the INVITE."""
        self._port = await self.sound.open(self._agent.local_host)
        self._description = self._offer()
        call_id, tag = self._key
        uri = self._agent.server_uri(number)
        cseq = 0

        def build(extra: list[tuple[str, str]]) -> Request:
            nonlocal cseq
            cseq += 1
            headers = [("Max-Forwards", "70"), ("From", f"{self.phone.address};tag={tag}"), ("To", f"<{uri}>")]
            headers += [("Call-ID", call_id), ("CSeq", f"{cseq} INVITE"), ("Contact", f"<{self.phone.contact}>")]
            headers += [("Allow", _ALLOW), *extra]
            return new_request("INVITE", uri, headers, self._body(), "application/sdp")

        def sent(transaction: ClientTransaction) -> None:
            self._invite = transaction

        self.phone.ask(build, self._on_answer, sent)

    def _on_answer(self, response: Response) -> None:
        if response.status < 200 or self.ended.is_set():
            return
        if response.status >= 300:
            self.over(response.status)
            return
        request = self._invite.request if self._invite is not None else None
        if request is None or self._dialog is not None:
            return
        self._dialog = Dialog.uac(request, response, self.phone.contact, self._agent.flow.id)
        self._agent.transactions.send_ack(self._dialog.new_ack(response.cseq.number), self._agent.flow)
        try:
            self._listen_to(response.body)
        except SipError:
            self._gave_up = True
        if self._gave_up:  # it was answered in the moment in which we let go, or cannot be heard
            self.hang_up()
        else:
            self.answered.set()

    # --- being called

    async def react(self, transaction: ServerTransaction, reaction: Reaction) -> None:
        """Ring, and do what was decided."""
        self._incoming, self._flow = transaction, transaction.flow
        transaction.on_cancel = lambda _: self._give_up(487)
        transaction.respond(
            new_response(
                transaction.request, 180, to_tag=transaction.to_tag, headers=[("Contact", f"<{self.phone.contact}>")]
            )
        )
        try:
            await asyncio.wait_for(self.ended.wait(), reaction.after_seconds)
        except TimeoutError:
            await self._decide(transaction, reaction)

    async def _decide(self, transaction: ServerTransaction, reaction: Reaction) -> None:
        if reaction.does == "busy":
            self._give_up(486)
        elif reaction.does == "decline":
            self._give_up(603)
        elif reaction.does == "answer":
            await self._answer(transaction)
            if reaction.talk_seconds is not None:
                try:
                    await asyncio.wait_for(self.ended.wait(), reaction.talk_seconds)
                except TimeoutError:
                    self.hang_up()

    async def _answer(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        try:
            self._port = await self.sound.open(self._agent.local_host)
            dialog = Dialog.uas(request, transaction.to_tag, self.phone.contact, self._agent.flow.id)
            self._listen_to(request.body)
        except (SipError, OSError):
            self._give_up(488)
            return
        if self.ended.is_set():
            return
        dialog.confirmed = True
        self._dialog = dialog
        if self._description is None:
            self._description = self._offer()
        if not request.body:
            transaction.on_ack = lambda ack: self._listen_to(ack.body)
        self._respond(transaction)
        self.answered.set()

    def _give_up(self, status: int) -> None:
        if self._incoming is not None:
            self._incoming.reply(status)
        self.over(status)

    # --- the rest of its life

    def on_request(self, transaction: ServerTransaction) -> None:
        """A request within the call."""
        request = transaction.request
        if self._dialog is not None and not self._dialog.accepts(request):
            transaction.reply(500)
        elif request.method == "BYE":
            transaction.reply(200)
            self.over(200)
        elif request.method in ("INVITE", "UPDATE") and self._dialog is not None:
            self._dialog.refresh_target(request)
            if request.body:
                self._listen_to(request.body)
            if request.method == "INVITE" or request.body:
                self._respond(transaction)
            else:
                transaction.reply(200, headers=(("Contact", f"<{self.phone.contact}>"),))
        elif request.method in ("INFO", "OPTIONS"):
            transaction.reply(200)
        else:
            transaction.reply(501)

    def hang_up(self) -> None:
        """End it, in whatever state it is."""
        if self.ended.is_set():
            return
        if self._dialog is not None:
            dialog = self._dialog
            self.phone.ask(lambda extra: dialog.new_request("BYE", extra), lambda _: None, flow=self._flow)
            self.over(200)
        elif self._incoming is not None:
            self._give_up(486)
        elif self._invite is not None:
            self._gave_up = True
            self._invite.cancel()

    def over(self, status: int) -> None:
        """It has ended."""
        if self.ended.is_set():
            return
        self.status = status
        self.sound.close()
        self._agent.calls.pop(self._key, None)
        self.ended.set()

    # --- offer and answer

    def _offer(self) -> Sdp:
        return descriptions.offer(self._agent.local_host, self._port)

    def _listen_to(self, body: bytes) -> None:
        """Take the other side's description, as answer to ours or as an offer. Raises SipError."""
        if body:
            ours = self._description or self._offer()
            self._description, remote, payload = descriptions.answer(ours, parse_sdp(body), self._port)
            self.sound.send_to(remote, payload)

    def _body(self) -> bytes:
        return self._description.to_bytes() if self._description is not None else b""

    def _respond(self, transaction: ServerTransaction) -> None:
        """A 200 with our description."""
        transaction.respond(
            new_response(
                transaction.request,
                200,
                headers=[("Contact", f"<{self.phone.contact}>"), ("Allow", _ALLOW)],
                body=self._body(),
                content_type="application/sdp",
                to_tag=transaction.to_tag,
            )
        )
