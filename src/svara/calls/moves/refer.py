"""A phone asks by REFER (RFC 3515) that the other side of its talk be sent on: to what it dials, or into another talk of its
own (Replaces: RFC 3891, 5589).

Who transfers is who holds the phone: what they may dial, the other side may be sent to, and nothing else. A caller from
outside transfers nobody. Guarantees: one transfer at a time; a talk is sent on so many times and no more; of what the phone
wrote, nothing reaches anybody but what was dialled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.leg import Leg
from svara.calls.moves.attended import Talk, attended, talk_of
from svara.calls.moves.move import Move, Told
from svara.calls.moves.sending import MAX_MOVES, Sent, may_go, send_on
from svara.calls.routing.route import DECLINED, UNKNOWN, Refusal
from svara.sip.headers import parse_name_addr
from svara.sip.message import Request, SipError
from svara.sip.refer import (
    NO_SUBSCRIPTION,
    SUBSCRIPTION_SECONDS,
    ReferTo,
    parse_refer_to,
    referrer_host,
    wants_subscription,
)

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.sip.transaction import ServerTransaction

EVENT = "refer"


def handle(call: Call, leg: Leg, transaction: ServerTransaction) -> None:
    """One REFER within the dialog of `leg`, or a SUBSCRIBE that belongs to one. Raises SipError for what cannot be
    understood."""
    request = transaction.request
    if request.method == "SUBSCRIBE":
        if not _asks_again(call, leg, transaction):
            transaction.reply(489, headers=(("Allow-Events", EVENT),))
        return
    refer_to, wanted = parse_refer_to(request), wants_subscription(request)
    host = referrer_host(request)
    if call.move is not None or leg is call.leaving:
        transaction.reply(491)
        return
    if call.moves >= MAX_MOVES or leg.trunk or not leg.party.person:
        transaction.reply(603)
        return
    if refer_to.replaces is not None:
        talk = talk_of(call, leg, refer_to.replaces)
        if isinstance(talk, Refusal):
            transaction.reply(talk.status)
        else:
            _attend(call, leg, transaction, talk, wanted)
        return
    sent = _dialled(call, leg, refer_to, host) if call.state == "talking" else DECLINED
    if isinstance(sent, Refusal):
        transaction.reply(sent.status)
        return
    told = _accept(call, leg, transaction, wanted)
    move = Move(call, leg.party, sent.target, "blind", comes_back=sent.comes_back, stays=True, told=told)
    send_on(call, leg, sent, move)


def _attend(call: Call, leg: Leg, transaction: ServerTransaction, talk: Talk, wanted: bool) -> None:
    told = _accept(call, leg, transaction, wanted)
    attended(call, leg, talk, told)


def _dialled(call: Call, leg: Leg, refer_to: ReferTo, host: str) -> Sent | Refusal:
    """Where the other side is to go."""
    uri = refer_to.uri
    if uri.is_sip and not _is_ours(call, leg, uri.host, host):
        return UNKNOWN
    return may_go(call.switch, call.tenant, leg.party, uri.user or "")


def _is_ours(call: Call, leg: Leg, host: str, own: str) -> bool:
    """Whether an address is at this server, or at what the phone takes for its own domain."""
    dialog, flow = leg.dialog, leg.flow
    known = {own, flow.local[0] if flow is not None else ""}
    for address in (dialog.remote_uri, dialog.local_uri) if dialog is not None else ():
        try:
            known.add(parse_name_addr(address).uri.host)
        except SipError:
            continue
    return host in call.switch.hosts or (bool(host) and host in known)


def _accept(call: Call, leg: Leg, transaction: ServerTransaction, wanted: bool) -> Told | None:
    """202, and the first NOTIFY."""
    request: Request = transaction.request
    headers: list[tuple[str, str]] = [("Contact", f"<{transaction.flow.contact_uri()}>")]
    if not wanted:
        headers += [("Refer-Sub", "false"), ("Supported", NO_SUBSCRIPTION)]
    transaction.reply(202, headers=tuple(headers))
    if not wanted:
        return None
    # Without a number the event means the first REFER of a dialog (RFC 3515 section 2.4.6).
    told = Told(leg, EVENT if not call.moves else f"{EVENT};id={request.cseq.number}")
    told.tell(100)
    return told


def _asks_again(call: Call, leg: Leg, transaction: ServerTransaction) -> bool:
    """A SUBSCRIBE that refreshes or ends the subscription of a REFER (RFC 3515 section 2.4.4); False for another."""
    move, request = call.move, transaction.request
    if move is None or move.told is None or move.told.leg is not leg:
        return False
    if (request.first("event") or "").partition(";")[0].strip().lower() != EVENT:
        return False
    seconds = 0 if request.expires == 0 else SUBSCRIPTION_SECONDS
    contact = ("Contact", f"<{transaction.flow.contact_uri()}>")
    transaction.reply(200, headers=(("Expires", str(seconds)), contact))
    if not seconds:
        move.told.end()
    return True
