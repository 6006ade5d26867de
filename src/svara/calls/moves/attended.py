"""Who has spoken to both puts the two together (RFC 5589 section 7): a transfer with Replaces.

Both talks are the transferring person's own. The older call goes on, or the one with somebody from outside, so that the
record of a caller is one record; the other ends. Where the other is no talk yet, or not with a person, the one who is
transferred goes there instead: to who is being rung, into the queue, the conference or the mailbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara.calls.leg import Leg
from svara.calls.moves.adopt import adopt
from svara.calls.moves.move import Move, Told
from svara.calls.moves.parting import OCCUPIED, OVER
from svara.calls.moves.sending import Sent, may_go, send_on
from svara.calls.routing.route import BUSY, DECLINED, Refusal
from svara.people.office import Target
from svara.sip.headers import Replaces

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.events import Party
    from svara.calls.switch import Switch

WHY = "transferred"


class Talk(msgspec.Struct, frozen=True, gc=False):
    """The other call of who transfers: their leg in it."""

    call: Call
    leg: Leg


def leg_of(switch: Switch, tenant: str, replaces: Replaces) -> Leg | None:
    """The leg whose dialog is meant, of this company (its id)."""
    for tag in (replaces.to_tag, replaces.from_tag):
        # The phone names it from where its dialog's other end stands, which is us; some write the tags the other way round.
        leg = switch.dialogs.get(tag)
        dialog = leg.dialog if leg is not None else None
        if leg is None or dialog is None or dialog.call_id != replaces.call_id or leg.call.tenant != tenant:
            continue
        if {dialog.local_tag, dialog.remote_tag} == {replaces.to_tag, replaces.from_tag}:
            return leg
    return None


def talk_of(call: Call, leg: Leg, replaces: Replaces) -> Talk | Refusal:
    """The call that a REFER in the dialog of `leg` wants `call` to be joined with, or why that cannot be."""
    found = leg_of(call.switch, call.tenant, replaces)
    if found is None or found.call is call or found.call.state == "ended":
        return OVER
    if found.party.person != leg.party.person or found is found.call.leaving:
        return DECLINED
    if replaces.early_only and found.call.state == "talking":
        return BUSY
    if found.call.move is not None:
        return OCCUPIED
    if call.state == "talking" or found.call.state == "talking":
        return Talk(found.call, found)
    return DECLINED


def attended(call: Call, leg: Leg, talk: Talk, told: Told | None) -> None:
    """Put together who is with `leg` in `call` and who is in the other; `leg`'s phone asked for it."""
    other = talk.call
    if call.state == "talking" and other.state == "talking":
        _join(call, leg, talk, told)
    elif call.state == "talking":
        _replace(call, leg, talk, told)
    else:
        _replace(other, talk.leg, Talk(call, leg), told)


def _join(call: Call, leg: Leg, talk: Talk, told: Told | None) -> None:
    other = talk.call
    first, mine, second, theirs = call, leg, other, talk.leg
    if _rank(other) < _rank(call):
        first, mine, second, theirs = other, talk.leg, call, leg
    stays, comes = first.other(mine), second.other(theirs)
    if stays is None or comes is None:
        if told is not None:
            told.tell(481)
        return
    move = Move(first, mine.party, _target(first, comes.party), "attended", stays=told is not None, told=told)

    def failed(refusal: Refusal) -> None:
        if told is not None:
            told.tell(refusal.status)

    adopt(first, comes, WHY, move, failed, stays=stays)


def _rank(call: Call) -> tuple[bool, float]:
    """Which record goes on: that of somebody from outside, then the older."""
    return call.direction == "internal", call.started_at


def _target(call: Call, to: Party) -> Target:
    tenant = call.switch.office.by_tenant_id.get(call.tenant)
    person = tenant.by_id.get(to.person or "") if tenant is not None else None
    return f"person:{person.username}" if person is not None else f"number:{to.number}"


def _replace(call: Call, leg: Leg, talk: Talk, told: Told | None) -> None:
    """`talk` is no talk: who is with `leg` goes where the person who transfers is there, or was calling."""
    other = talk.call
    sent = _where(other)
    if isinstance(sent, Refusal):
        if told is not None:
            told.tell(sent.status)
        return
    move = Move(call, leg.party, sent.target, "attended", comes_back=sent.comes_back, stays=True, told=told)

    def first() -> None:
        if other.setup is not None:
            other.guarded(other.setup.stop, "caller", Refusal(487, "abandoned", WHY), [])

    send_on(call, leg, sent, move, first)


def _where(other: Call) -> Sent | Refusal:
    """Where a call that is no talk is, or goes to, as its caller may."""
    journey = other.journey
    if other.guest is not None and other.guest.connected and journey is not None:
        return Sent(journey.target, other.callee)
    return may_go(other.switch, other.tenant, other.caller, other.dialled)
