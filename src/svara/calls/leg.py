"""One phone in a call: its dialog, the way to it, and its own session timer.

A leg knows nothing of the other side, which is what keeps the two sides apart: everything that a phone gets from us is
made here from our own addresses, tags and descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from svara.calls.events import EndedBy, Party
from svara.calls.figures import Figures, together
from svara.media.relay import Kind
from svara.sip.bodies import session_description
from svara.sip.dialog import Dialog
from svara.sip.message import Message, Request, Response, SipError
from svara.sip.session import Headers, SessionTimer, TimerPolicy, answer_timer, glare_retry_seconds, timer_agreed
from svara.sip.transaction import ServerTransaction
from svara.sip.transport import Flow

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.incoming import Incoming
    from svara.calls.ringing.invitation import Invitation
    from svara.calls.switch import Switch

CALLER = "a"
"""The leg id of the caller's phone; "a.2" and so on where the caller went on at another one."""
VOICE = "v"
"""The leg id of the system's own sound."""
ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, REFER"
SDP = "application/sdp"
TIMER = TimerPolicy()


def sdp_of(message: Message) -> bytes:
    """The session description in a message, alone or among other parts; b"" without one that can be found."""
    try:
        return session_description(message) or b""
    except SipError:
        return b""


def is_callers(leg_id: str) -> bool:
    """Whether it is that of the phone that called, which the record does not tell of as a leg."""
    return leg_id.partition(".")[0] == CALLER


def next_callers(leg_id: str) -> str:
    """The id of the phone that comes in the place of the one that called."""
    return f"{CALLER}.{int(leg_id.partition('.')[2] or 1) + 1}"


class Keeper(Protocol):
    """See `Leg.keeper`."""

    def in_dialog(self, transaction: ServerTransaction) -> None:
        """A request of the phone."""
        ...


class Leg:
    """One phone in a call. `side` is whose phone it is; `tag` is our own tag in its dialog."""

    __slots__ = (
        "call",
        "can_update",
        "described",
        "dialog",
        "down",
        "due",
        "earlier",
        "figures",
        "flow",
        "focus",
        "gave",
        "id",
        "incoming",
        "invitation",
        "keeper",
        "kind",
        "party",
        "renumbered",
        "session",
        "session_headers",
        "side",
        "switch",
        "tag",
        "told",
        "trunk",
    )

    def __init__(self, switch: Switch, call: Call, leg_id: str, side: EndedBy, *, party: Party, tag: str) -> None:
        self.switch = switch
        self.call = call
        self.id = leg_id
        self.side = side
        self.party = party
        self.flow: Flow | None = None
        self.kind: Kind = "rtp"
        self.tag = tag
        self.dialog: Dialog | None = None
        self.incoming: Incoming | None = None
        """The phone's own INVITE, until it is answered and acknowledged."""
        self.invitation: Invitation | None = None
        """Our INVITE to the phone, until it is answered."""
        self.keeper: Keeper | None = None
        """Who takes what the phone asks in its dialog, where that is not the call itself."""
        self.renumbered: dict[int, int] = {}
        """INVITEs that had to be sent again, because the other side wanted credentials or a longer session: the CSeq number
        that was asked for, and that of the one that was answered."""
        self.focus = ""
        """The address of the conference that the phone called, without the server: as our Contact tells (RFC 4579)."""
        self.trunk = ""
        """The id of the trunk at whose other end this side is; "" for a phone of the house."""
        self.can_update = False
        self.described = b""
        """How the phone described itself last in this talk, and what it was told last of the other side; b"" where that is
        not known (after a restart)."""
        self.told = b""
        self.figures: Figures | None = None
        """How the phone said last that it hears, and what those said before it whose place it took."""
        self.earlier: Figures | None = None
        self.gave = False
        """Of the two, the phone's was the offer."""
        self.down = False
        """No dialog stands any more, or none ever will."""
        self.session: SessionTimer | None = None
        """The session timer agreed with this phone, and when it wants something (monotonic time; 0: never)."""
        self.due = 0.0
        self.session_headers: Headers = ()
        """What our 2xx to the phone's newest INVITE or UPDATE says of the session timer."""
        switch.dialogs[tag] = self
        switch.lamps.lines.opened(self)

    # --- the way to the phone

    def use(self, flow: Flow) -> None:
        """This is the way to the phone, which also tells what it speaks: browsers come by WebSocket."""
        self.flow = flow
        self.kind = "webrtc" if flow.transport in ("WS", "WSS") else "rtp"

    @property
    def address(self) -> str | None:
        """Where the phone's signalling comes from: what the relay chooses its network interface by."""
        return self.flow.remote[0] if self.flow is not None else None

    def heard(self, flow: Flow) -> None:
        """The phone sent a request within the dialog: where it is now is where it can be reached. (A trunk is where its
        dialog says.)"""
        if flow is not self.flow and not self.trunk:
            self.flow = flow

    def way(self) -> Flow | None:
        """An open flow; a phone that lost its connection is reached over the one it registered with since."""
        if self.flow is None or self.flow.closed:
            newest = (
                self.switch.trunks.flow_of(self.trunk)
                if self.trunk
                else self.switch.flow_of(self.party.login, self._contact)
            )
            if newest is None:
                return None
            self.flow = newest
        if self.trunk and self.dialog is not None:
            return self.switch.trunks.hop(self.dialog, self.flow)
        return self.flow

    @property
    def _contact(self) -> str:
        """Where the phone said it is, as it was when it registered."""
        return str(self.dialog.remote_target) if self.dialog is not None else ""

    def request(
        self,
        method: str,
        on_response: Callable[[Response], object],
        on_failure: Callable[[str], object],
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Request | None:
        """Send a request within the dialog; gives it, or None when there is no way (`on_failure` was called)."""
        flow = self.way()
        if flow is None or self.dialog is None:
            on_failure("transport")
            return None
        request = self.dialog.new_request(method, headers, body, content_type)
        if self.trunk:
            on_response = self.switch.trunks.proving(self, request, flow, on_response, on_failure)
        self.switch.transactions.request(request, flow, on_response=on_response, on_failure=on_failure)
        return request

    def acknowledge(self, invite_cseq: int, sdp: bytes = b"") -> None:
        """The ACK to a 2xx of this phone."""
        flow = self.way()
        if flow is not None and self.dialog is not None:
            ack = self.dialog.new_ack(
                self.renumbered.get(invite_cseq, invite_cseq), body=sdp, content_type=SDP if sdp else None
            )
            self.switch.transactions.send_ack(ack, flow)

    def bye(self, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Hang up this phone; what it answers changes nothing."""
        if not self.down and self.dialog is not None:
            self.request("BYE", _ignore, _ignore, headers=headers)
        self.close()

    def contact(self, flow: Flow) -> tuple[str, str]:
        """The Contact header in what we answer."""
        return "Contact", f"<{flow.contact_uri(self.focus)}>;isfocus" if self.focus else f"<{flow.contact_uri()}>"

    def takes_place_of(self, other: Leg) -> None:
        """The same person goes on here: what the phone before this one counted of the sound is not forgotten."""
        self.earlier = other.counted

    @property
    def counted(self) -> Figures | None:
        """How this side hears, by all that its phones said."""
        return together(self.earlier, self.figures)

    # --- its session timer (RFC 4028)

    def timer_fits(self, transaction: ServerTransaction) -> bool:
        """Take what the phone's INVITE or UPDATE says of the session timer; False: its interval was refused as too small."""
        agreed = answer_timer(transaction.request, TIMER)
        if agreed.refuse_headers is not None:
            transaction.reply(422, headers=agreed.refuse_headers)
            return False
        self.session, self.session_headers = agreed.timer, agreed.headers
        return True

    def turn_seconds(self) -> float:
        """When it is our turn again with the phone that refused a change with 491 (RFC 3261 section 14.1)."""
        ours = self.dialog is None or self.dialog.owns_call_id
        return glare_retry_seconds(owns_call_id=ours, randomness=self.switch.random)

    def refreshed(self, response: Response | None = None) -> None:
        """The session was refreshed just now, by the phone, or by us when its `response` is given."""
        if response is not None:
            try:
                self.session = timer_agreed(response)
            except SipError:
                self.session = None
        session = self.session
        if session is None:
            self.due = 0.0
        else:
            wait = session.refresh_seconds if session.we_refresh else session.expire_seconds
            self.due = self.switch.clock.monotonic() + wait

    # --- the end

    def hang_up(self, headers: Iterable[tuple[str, str]] = ()) -> None:
        """End this side. A caller whose ACK is still on its way is hung up when it has come (RFC 3261 section 15)."""
        if self.incoming is not None:
            self.incoming.hang_up(tuple(headers))
        else:
            self.bye(headers)

    def hung_up(self) -> None:
        """The phone itself ended the dialog."""
        if self.incoming is not None:
            self.incoming.forget()
        self.close()

    def close(self) -> None:
        """No dialog stands any more; requests that still come within it get a 481."""
        self.down = True
        self.due = 0.0
        self.switch.dialogs.pop(self.tag, None)
        self.switch.lamps.lines.closed(self)


def _ignore(_: object) -> None:
    """Nobody waits for the answer to a BYE."""
