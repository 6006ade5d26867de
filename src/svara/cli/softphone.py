"""Small SIP phones, for the demo office: they register, call, ring, answer, decline and hang up, like anybody's.

All of them share one UDP socket and stand on `svara.sip` as any user agent could; they know nothing of the server but its
address.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from svara import log
from svara.cli.phone_call import ALLOW, PhoneCall, Reaction
from svara.clock import Clock, LoopClock
from svara.sip.dialog import dialog_id
from svara.sip.digest import respond
from svara.sip.message import Request, Response, SipError, new_request, new_response
from svara.sip.transaction import ClientTransaction, ServerTransaction, Transactions
from svara.sip.transport import Flow, FlowError, Target, Transports
from svara.sip.transport.flow import bracketed

REGISTER_SECONDS = 600
RETRY_SECONDS = 15.0
"""How soon a registration that could not be renewed is tried again."""
_TRIES = 2
"""A request is sent again once, with the credentials that were asked for."""

_log = log.get("cli.softphone")

OnResponse = Callable[[Response], None]


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
        self._tasks: set[asyncio.Task[object]] = set()

    def start(self, work: Coroutine[object, object, object]) -> None:
        """Do it in the background; what fails is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a demo phone failed", exc_info=task.exception())

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
        for task in list(self._tasks):
            task.cancel()
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
            transaction.reply(405, headers=(("Allow", ALLOW),))

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
            self._keep(seconds, seconds / 2)
        return accepted

    def _keep(self, seconds: int, after_seconds: float) -> None:
        def renew() -> None:
            self.agent.start(self._renew(seconds))

        self._refresh = asyncio.get_running_loop().call_later(after_seconds, renew)

    async def _renew(self, seconds: int) -> None:
        if not await self.register(seconds):
            self._keep(seconds, RETRY_SECONDS)

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
        self.agent.start(call.react(transaction, reaction))
