"""What phones may ask for while they talk: hang up, hold, change, refresh, send a key.

Every request arrives here in the dialog of one leg and leaves, where it has a meaning for the other side, as a request of
our own in the other's dialog. What has none is answered here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls import resound
from svara.calls.exchange import GONE, Asked, Asking, Exchange, Told, Wanting, answer_with, refuse, renew, send
from svara.calls.figures import figures_in
from svara.calls.leg import ALLOW, Leg, sdp_of
from svara.calls.moves import refer
from svara.sip.headers import Reason, parse_reason
from svara.sip.message import Request, Response, SipError
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.call import Call

KEYS = frozenset({"application/dtmf-relay", "application/dtmf", "application/media_control+xml"})
"""INFO bodies that mean something to the other phone: pressed keys, and the wish for a fresh picture."""

_SUPPORTED = frozenset({"timer", "100rel"})
_OF_TRANSFERS = frozenset({"replaces", "norefersub"})


def handle(call: Call, leg: Leg, transaction: ServerTransaction) -> None:
    """One request within the dialog of `leg`."""
    request = transaction.request
    if leg.dialog is None or not leg.dialog.accepts(request):
        transaction.reply(500, headers=(("Retry-After", "2"),))
        return
    leg.heard(transaction.flow)
    leg.figures = figures_in(request) or leg.figures
    method = request.method
    if method == "BYE":
        _bye(call, leg, transaction)
    elif call.state == "ended":
        transaction.reply(481)
    elif missing := request.require - (_SUPPORTED | _OF_TRANSFERS if method == "REFER" else _SUPPORTED):
        transaction.reply(420, headers=(("Unsupported", ", ".join(sorted(missing))),))
    elif method in ("INVITE", "UPDATE"):
        _change(call, leg, transaction)
    elif method == "INFO":
        _info(call, leg, transaction)
    elif method == "PRACK":
        if leg.incoming is None or not leg.incoming.prack(transaction):
            transaction.reply(481)
    elif method == "OPTIONS":
        transaction.reply(200, headers=(("Allow", ALLOW), ("Accept", "application/sdp")))
    elif method in ("REFER", "SUBSCRIBE"):
        refer.handle(call, leg, transaction)
    else:
        transaction.reply(489 if method == "NOTIFY" else 405, headers=(("Allow", ALLOW),))


def _bye(call: Call, leg: Leg, transaction: ServerTransaction) -> None:
    leg.hung_up()
    if leg is call.leaving:
        call.leaving = None  # whatever becomes of the call is no matter of this phone any more
    elif call.setup is not None and leg is call.front:
        call.caller_gave_up()
    else:
        call.end(leg.side, "hung up", reasons(transaction.request))
    transaction.reply(200)


def reasons(request: Request) -> list[tuple[str, str]]:
    """The Reason headers that may cross to the other side: protocol and cause, without words of the phone's own."""
    passed = []
    for value in request.all("reason")[:4]:
        try:
            reason = parse_reason(value)
        except SipError:
            continue
        if reason.protocol.upper() in ("SIP", "Q.850") and reason.cause is not None:
            passed.append(("Reason", str(Reason(reason.protocol, reason.cause))))
    return passed


def _change(call: Call, leg: Leg, transaction: ServerTransaction) -> None:
    request = transaction.request
    other = call.other(leg)
    if not leg.timer_fits(transaction):
        return
    if request.method == "UPDATE" and not sdp_of(request):
        _refresh(leg, request)
        answer_with(leg, transaction, b"")
    elif leg is call.leaving:
        transaction.reply(491)  # it may come back yet
    elif other is None and call.guest is not None and call.guest.connected and leg.incoming is None:
        _refresh(leg, request)
        call.guest.changed(transaction)
    elif other is None or other.incoming is not None or leg.incoming is not None:
        transaction.reply(491)  # the call itself is still being set up
    elif call.exchange is not None:
        if call.exchange.giver.leg is leg and isinstance(call.exchange.giver, Asking):
            transaction.reply(500, headers=(("Retry-After", "2"),))
        else:
            transaction.reply(491)
    elif call.room is not None and not call.room.away:
        _refresh(leg, request)
        call.room.changed(leg, transaction)
    else:
        _refresh(leg, request)
        exchange = (
            Exchange(call, Asking(leg, transaction), Told(other, request.method))
            if sdp_of(request)
            else Exchange(call, Asked(other), Wanting(leg, transaction))
        )
        if request.method == "INVITE":
            transaction.on_cancel = lambda _cancel: refuse(transaction, 487)
        exchange.start()


def _refresh(leg: Leg, request: Request) -> None:
    if leg.dialog is not None:
        leg.dialog.refresh_target(request)
    leg.refreshed()


def _info(call: Call, leg: Leg, transaction: ServerTransaction) -> None:
    request = transaction.request
    other = call.other(leg)
    if request.body and request.content_type not in KEYS:
        transaction.reply(415, headers=(("Accept", ", ".join(sorted(KEYS))),))
        return
    if not request.body or other is None:
        if call.guest is not None and leg is call.front:
            call.guest.info(request)
        transaction.reply(200)
        return

    for one in call.keys:
        if one.leg is leg and (key := resound.key_of(request)):
            one.pressed(key)

    def responded(response: Response) -> None:
        if response.status >= 200:
            transaction.reply(200 if response.status < 300 else 415 if response.status == 415 else 500)

    def failed(_why: str) -> None:
        transaction.reply(500)

    other.request("INFO", responded, failed, body=request.body, content_type=request.content_type)


def look_at_timers(call: Call, now: float) -> None:
    """Refresh what is ours to refresh, and end what nobody refreshed (RFC 4028 section 10)."""
    for leg in (call.front, call.back):
        if leg is None or not leg.due or now < leg.due or call.state == "ended":
            continue
        if call.guest is not None and leg.session is not None and leg.session.we_refresh:
            resound.refresh(call.guest)
        elif leg.session is not None and leg.session.we_refresh:
            leg.refreshed()
            _refresh_ours(call, leg)
        else:
            call.end("system", "a phone stopped answering")


def _refresh_ours(call: Call, leg: Leg) -> None:
    """By UPDATE where the phone takes it, else by a re-INVITE."""
    if not leg.can_update:
        renew(call, "a phone stopped answering")
        return

    def got(result: bytes | int) -> None:
        if isinstance(result, int) and result in GONE:
            leg.close()
            call.end("system", "a phone stopped answering")
        elif isinstance(result, int) and result in (405, 501):
            leg.can_update = False
            renew(call, "a phone stopped answering")

    send(leg, "UPDATE", b"", got)
