"""Our INVITE to a trunk: the same promises as to a phone (see `Invitation`), and what a provider wants besides.

Answers its challenges, tries the servers of its domain in the order of the DNS, follows a redirection that stays with the
provider, and gives up early on one that says nothing at all, so that the next trunk has a chance while the caller still
waits. Who calls is told as the trunk wants it (RFC 3325), and hidden where the caller asked for that (RFC 3323).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from svara.calls.leg import SDP
from svara.calls.ringing.invitation import STANDING, Invitation, Inviter, leave
from svara.calls.routing.route import Line
from svara.calls.trunks.numbers import written
from svara.calls.trunks.refusals import passes_on
from svara.clock import Timer
from svara.sip.credentials import CHALLENGES
from svara.sip.dialog import Dialog
from svara.sip.headers import NameAddr
from svara.sip.locate import LocateError
from svara.sip.message import Request, Response, SipError, request_of_lines
from svara.sip.transport import Flow, FlowError
from svara.sip.transport.flow import Target
from svara.sip.uri import Uri, parse_uri

if TYPE_CHECKING:
    from svara.calls.leg import Leg

SILENT_SECONDS = 4.0
"""A trunk that has not said a word by then is passed over; one that nothing else stands in for is given longer."""
LAST_SILENT_SECONDS = 12.0
MAX_REDIRECTIONS = 3
MAX_SERVERS = 4
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
"""RFC 3323 section 4.1.1.3."""


class LineInvitation(Invitation):
    """One INVITE to one trunk."""

    __slots__ = (
        "_challenges",
        "_flows",
        "_offer",
        "_place",
        "_reached",
        "_redirections",
        "_silence",
        "_targets",
        "_uri",
        "line",
    )

    def __init__(self, leg: Leg, inviter: Inviter, line: Line) -> None:
        super().__init__(leg, inviter)
        self.line = line
        self._uri: Uri | None = None
        self._targets: list[Target] = []
        self._place = 0
        self._flows: dict[int, Flow] = {}
        """By which way each INVITE went, by its CSeq number."""
        self._offer: bytes | None = None
        self._reached: Callable[[Flow | FlowError], None] | None = None
        self._challenges = 0
        self._redirections = 0
        self._silence: Timer | None = None

    def reach(self, reached: Callable[[Flow | FlowError], None]) -> None:
        """Find the way to the trunk; `reached` may be told again of another server, as long as nothing was sent."""
        self._reached = reached
        try:
            uri = parse_uri(self.line.trunk.address)
        except SipError:
            self.fail(503)
            return
        self._uri = Uri(uri.scheme, self._number(self.line.number), None, uri.host, uri.port, uri.params)
        self.leg.switch.trunks.locate(uri, lambda found: self.leg.call.guarded(self._located, found))

    def _located(self, found: list[Target] | LocateError) -> None:
        if not self.open:
            return
        if isinstance(found, LocateError):
            self.fail(503)
            return
        self._targets = found[:MAX_SERVERS]
        self._try()

    def _try(self) -> None:
        target = self._targets[self._place]
        self.leg.switch.transports.flow_for(target, lambda flow: self.leg.call.guarded(self._found, flow))

    def _found(self, flow: Flow | FlowError) -> None:
        if not self.open:
            return
        if isinstance(flow, FlowError):
            self.fail(503)
        elif self._offer is not None:
            self.leg.use(flow)
            self.call(self._offer)
        elif self._reached is not None:
            self._reached(flow)

    def call(self, sdp: bytes) -> None:
        """Send the INVITE on the leg's flow."""
        flow, uri = self.leg.flow, self._uri
        if flow is None or uri is None:
            self.fail(503)
            return
        self._offer = sdp
        if self.request is not None:
            self.cseq += 1
        self._send(self._line_request(flow, uri, sdp), flow)

    def _send(self, request: Request, flow: Flow) -> None:
        self._flows[self.cseq] = flow
        self._early, self._receiver = None, None
        self._listen()
        self.request = request
        self.delayed = not request.body
        self.client = self.leg.switch.transactions.request(
            request, flow, on_response=self._response, on_failure=partial(self._ended, self.cseq), before=self._keep
        )

    def _send_again(self, request: Request, flow: Flow) -> None:
        self._flows[self.cseq] = flow
        self._listen()
        super()._send_again(request, flow)

    def _line_request(self, flow: Flow, uri: Uri, sdp: bytes) -> Request:
        leg, line, trunk = self.leg, self.line, self.line.trunk
        ours = uri.host if trunk.login else flow.local[0]
        shown = self._number(line.shows) or trunk.login or "unknown"
        known = str(NameAddr("", Uri(uri.scheme, shown, None, ours, None)))
        call_id = self.request.call_id if self.request is not None else leg.switch.new_tag()
        lines = {
            "via": "",  # the transaction layer's
            "max-forwards": "Max-Forwards: 69",
            "from": f"From: {ANONYMOUS if line.anonymous else known};tag={leg.tag}",
            "to": f"To: {NameAddr('', Uri(uri.scheme, uri.user, None, uri.host, None))}",
            "call-id": f"Call-ID: {call_id}",
            "cseq": f"CSeq: {self.cseq} INVITE",
            "contact": f"Contact: <{leg.switch.trunks.contact(trunk, flow)}>",
        }
        if line.shows and (line.anonymous or trunk.identity == "p-asserted-identity"):
            lines["p-asserted-identity"] = f"P-Asserted-Identity: {known}"
        if line.anonymous:
            lines["privacy"] = "Privacy: id"
        routes = leg.switch.trunks.routes(trunk)
        if routes:
            lines["route"] = "\r\n".join([f"Route: {route}" for route in routes])
        lines |= STANDING
        if sdp:
            lines["content-type"] = f"Content-Type: {SDP}"
        return request_of_lines("INVITE", str(uri), lines, sdp)

    def _number(self, number: str) -> str:
        return written(number, self.line.trunk.format, self.leg.switch.trunks.country(self.leg.call.tenant))

    # --- a trunk that says nothing

    def _listen(self) -> None:
        self._stop_listening()
        others = self.line.otherwise is not None or self._place + 1 < len(self._targets)
        seconds = SILENT_SECONDS if others else LAST_SILENT_SECONDS
        self._silence = self.leg.switch.clock.call_later(seconds, self.leg.call.guarded, self._nothing_heard)

    def _stop_listening(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _nothing_heard(self) -> None:
        self._silence = None
        if self.open:
            self._failed("timeout")

    # --- what the trunk says

    def cancel(self, *headers: tuple[str, str]) -> None:
        self._stop_listening()
        super().cancel(*headers)

    def fail(self, status: int) -> None:
        """Not this server: the next of the domain, where there is one (RFC 3263 section 4.3); else the trunk failed."""
        self._stop_listening()
        if not self.open:
            return
        if self.client is not None and not self.client.done:
            self.client.cancel()  # it may wake up yet
        if status in (408, 503) and not self.ringing and self._place + 1 < len(self._targets):
            self._place += 1
            self._challenges = 0
            self._try()
            return
        super().fail(status)

    def _ended(self, cseq: int, why: str) -> None:
        if cseq == self.cseq:
            self._failed(why)

    def _failed(self, why: str) -> None:
        if self.open:
            self.leg.switch.trunks.suspect(self.line.trunk, why)
            super()._failed(why)

    def _response(self, response: Response) -> None:
        try:
            if response.cseq.number != self.cseq:
                self._late(response)
                return
            self._stop_listening()
            if not passes_on(response.status):
                self.leg.switch.trunks.heard(self.line.trunk.id, answered=True)
            if self.open and response.status in CHALLENGES and self._prove(response):
                return
            if self.open and 300 <= response.status < 400 and self._follow(response):
                return
        except SipError:
            pass
        super()._response(response)

    def _late(self, response: Response) -> None:
        """An answer to an INVITE that another one took the place of."""
        flow = self._flows.get(response.cseq.number)
        if 200 <= response.status < 300 and flow is not None and self.request is not None:
            dialog = Dialog.uac(self.request, response, flow.contact_uri(), flow.id)
            leave(self.leg, flow, dialog, response.cseq.number)

    def _prove(self, response: Response) -> bool:
        flow = self.leg.flow
        if self.request is None or flow is None:
            return False
        request = self.request.copy()
        if not self.leg.switch.trunks.credentials(self.line.trunk).answer(request, response, self._challenges):
            return False
        self._challenges += 1
        self.cseq += 1
        request.set("CSeq", f"{self.cseq} INVITE")
        self._send(request, flow)
        return True

    def _follow(self, response: Response) -> bool:
        """A redirection (RFC 3261 section 8.1.3.4), only to another address at the same provider: anything else could send
        calls, and the bill, wherever somebody likes."""
        uri, flow = self._uri, self.leg.flow
        if uri is None or flow is None or self._redirections >= MAX_REDIRECTIONS:
            return False
        known = {uri.host, *(target.host for target in self._targets)}
        for contact in response.contacts[:8]:
            new = contact.uri
            if new.is_sip and new.host in known and new.user and str(new) != str(uri):
                self._redirections += 1
                self._challenges = 0
                self._uri = Uri(new.scheme, new.user, None, new.host, new.port, uri.params)
                if new.port is not None and new.port != flow.remote[1]:
                    self._targets = [
                        Target(flow.transport, flow.remote[0], new.port, self._targets[self._place].server_name)
                    ]
                    self._place = 0
                    self._try()
                else:
                    self.call(self._offer or b"")
                return True
        return False
