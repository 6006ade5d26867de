"""A talk, or a caller who waits in our hands, as the journal keeps it, so that it is taken up again after `kill -9`.

Small and self-contained: both dialogs, the ways to both phones, who they are and what was agreed. New fields go to the end,
with defaults, so that a newer server reads what an older one wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara.calls.commands import SupervisionMode
from svara.calls.events import Direction, EndedBy, Moved, Party
from svara.calls.figures import Figures
from svara.calls.trunks.identify import ANONYMOUS
from svara.media.relay import Kind
from svara.people.office import Target
from svara.sip.dialog import DialogState

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.leg import Leg


class SavedLeg(msgspec.Struct, array_like=True, frozen=True):
    """One phone of a talk."""

    id: str
    party: Party
    kind: Kind
    dialog: DialogState
    flow_id: str
    can_update: bool
    seconds: int = 0
    """The session timer's interval (RFC 4028); 0 for none."""
    we_refresh: bool = False
    trunk: str = ""
    """The id of the trunk at whose other end this side is."""
    earlier: Figures | None = None
    """What phones of the same person counted before this one in the same place."""


class SavedGuest(msgspec.Struct, array_like=True, frozen=True):
    """A caller whom the system itself answered, and where on its way the call is."""

    offer: bytes
    local: bytes
    target: Target
    kept: bytes = b""
    """What the stop there wants back (see `svara.calls.stops.Stop.kept`)."""
    passed: tuple[tuple[str, str], ...] = ()


class SavedCaller(msgspec.Struct, array_like=True, frozen=True):
    """A caller for whom phones ring, and whom nobody has answered."""

    invite: bytes
    """The INVITE as it came, but for what the phone proved itself with."""
    target: Target = ""
    """Where on its way the call is; empty where it was simply put through as it was dialled."""
    early: str = ""
    """The leg whose early sound the caller hears."""
    counted: bool = False
    """What we told the caller was numbered (RFC 3262), and nobody knows the number any more."""


class SavedEnd(msgspec.Struct, array_like=True, frozen=True):
    """What a phone and we said to each other of the sound last (see `Leg`)."""

    described: bytes
    told: bytes
    gave: bool


class SavedRoom(msgspec.Struct, array_like=True, frozen=True):
    """The phones are in the room of the talk."""

    front: SavedEnd
    back: SavedEnd
    supervisors: tuple[Party, ...] = ()
    """Who was with them."""


class SavedMove(msgspec.Struct, array_like=True, frozen=True):
    """The call is on its way from one to another (see `svara.calls.moves.move.Move`)."""

    by: Party
    to: Target
    how: Moved
    comes_back: bool = False
    event: str = ""
    """The subscription of who sent it on, if that phone has one."""


class SavedCall(msgspec.Struct, array_like=True, frozen=True):
    """One talk."""

    id: str
    tenant: str
    direction: Direction
    caller: Party
    callee: Party
    dialled: str
    started_at: float
    answered_at: float
    """When somebody did, or the system itself."""
    front: SavedLeg
    back: SavedLeg | None
    """None for a guest."""
    held_by: tuple[EndedBy, ...] = ()
    people: tuple[str, ...] = ()
    direct: bool = False
    """The phones send to each other, without a relay."""
    guest: SavedGuest | None = None
    queue: str = ""
    """Id of the queue out of which the callee took the call."""
    legs_rung: int = 0
    consent: bool | None = None
    tape: str = ""
    """Whose rule wants it recorded, and the file that is being written."""
    tape_file: str = ""
    tape_paused: bool = False
    """By hand."""
    room: SavedRoom | None = None
    supervises: str = ""
    supervises_how: SupervisionMode = "listen"
    move: SavedMove | None = None
    leaving: SavedLeg | None = None
    """Who sent the call on and has not hung up yet."""
    agreeing: bool = False
    """The two who talk were put together, and their sound is to be agreed on."""
    moves: int = 0
    held_for: EndedBy | None = None
    """The side for which we have the other on hold, without its phone knowing."""
    nameless: bool = False
    waits: SavedCaller | None = None
    taped_with: tuple[str, str] = ("", "")
    """With whom the last talk of the call was, and whose rule had it recorded (see `Movable.taped_with`)."""
    tape_of_number: str = ""


_encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(SavedCall).decode
"""A state that `encode` made. Raises msgspec.DecodeError."""


def encode(call: Call) -> bytes:
    """The call's state; b"" where there is none to take up."""
    front, back, guest = call.front, call.back, _guest(call)
    waits = _caller(call) if back is None and guest is None else None
    if front is None or front.dialog is None or (not guest and not waits and (back is None or back.dialog is None)):
        return b""
    return _encode(
        SavedCall(
            call.id,
            call.tenant,
            call.direction,
            call.caller,
            call.callee,
            call.dialled,
            call.started_at,
            call.answered_at or call.greeted_at or call.started_at,
            saved_leg(front),
            None if back is None else saved_leg(back),
            call.held_by,
            call.people,
            call.relay is call.switch.direct,
            guest,
            call.queue,
            call.legs_before + call.legs_rung,
            call.consent,
            call.tape,
            call.recorder.file if call.recorder is not None else "",
            call.recorder is not None and call.recorder.paused_by_hand,
            _room(call),
            *((call.supervision.talk, call.supervision.how) if call.supervision is not None else ("", "listen")),
            call.move.saved if call.move is not None else None,
            saved_leg(call.leaving) if call.leaving is not None and call.leaving.dialog is not None else None,
            call.agreeing,
            call.moves,
            call.held_for,
            call.nameless,
            waits,
            call.taped_with,
            call.tape_of_number,
        )
    )


def _caller(call: Call) -> SavedCaller | None:
    """Connections end with the process: who called over one cannot be answered by the next. Of who wants to stay unknown
    nothing is kept: the INVITE tells who they are."""
    incoming, journey = call.front.incoming if call.front is not None else None, call.journey
    if incoming is None or call.state != "setup" or incoming.transaction.flow.reliable or call.caller == ANONYMOUS:
        return None
    target = "" if journey is None else journey.target
    invite = incoming.transaction.request.copy()
    invite.remove("Proxy-Authorization")
    return SavedCaller(invite.to_bytes(), target, *incoming.told)


def _guest(call: Call) -> SavedGuest | None:
    guest, journey, stop = call.guest, call.journey, call.setup
    if guest is None or journey is None or not guest.connected:
        return None
    kept = stop.kept if stop is not None else b""
    return SavedGuest(guest.offer, guest.local, journey.target, kept, tuple(journey.passed))


def _room(call: Call) -> SavedRoom | None:
    room, front, back = call.room, call.front, call.back
    if room is None or room.away or front is None or back is None:
        return None
    here, there = (SavedEnd(leg.described, leg.told, leg.gave) for leg in (front, back))
    return SavedRoom(here, there, tuple(one.by for one in call.supervisors))


def saved_leg(leg: Leg) -> SavedLeg:
    """A phone with a dialog."""
    assert leg.dialog is not None  # noqa: S101 - a leg of a talk has a dialog
    flow_id = leg.flow.id if leg.flow is not None else ""
    saved = SavedLeg(
        leg.id, leg.party, leg.kind, leg.dialog.encode(), flow_id, leg.can_update, trunk=leg.trunk, earlier=leg.earlier
    )
    session = leg.session
    return (
        saved if session is None else msgspec.structs.replace(saved, seconds=session.seconds, we_refresh=session.we_refresh)
    )
