"""Picking up a call that rings for a colleague: by code in the own group, by the colleague's extension, or because a phone
names the call itself (INVITE with Replaces, RFC 3891; lamps tell it how).

Who picks up must be in a group with the one whose phone rings, or be that person. The phones that rang are told that the
call was answered elsewhere, and the record says who picked up for whom. Calls out of a queue are offered to its agents by
the queue and are not taken from it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from svara.calls.leg import Leg
from svara.calls.ringing.invitation import ELSEWHERE
from svara.calls.ringing.setup import Setup
from svara.calls.routing.route import Refusal
from svara.calls.stops import Still
from svara.people.office import Person, Tenant
from svara.sip.refer import checked_replaces

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.events import AnyEvent, EndedBy
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.switch import Switch
    from svara.sip.message import Request

NOTHING_RINGS = Refusal(404, "failed", "no phone rings there")
PICKED_UP = "picked up"
NO_TAG = "0"
"""Stands for the tag of a phone that gave none (RFC 3891 section 3)."""


def may_pick_up(person: Person, other: Person | None) -> bool:
    """Whether calls for `other` may be picked up by `person`, of the same company."""
    return other is not None and (person.id == other.id or not set(person.pickup).isdisjoint(other.pickup))


def ringing_legs(call: Call) -> Iterator[Leg]:
    """Phones of the house that ring for a call, and that can be picked up."""
    setup = call.setup
    if isinstance(setup, Setup) and setup.is_free:
        yield from (leg for leg in setup.rings if leg.party.person)


def ringing_for(switch: Switch, tenant: Tenant, person: Person, extension: str) -> Leg | None:
    """The leg that has rung longest for whom `person` may pick up: for the one with `extension`, else for anybody else of
    the own groups."""
    for call in switch.calls.values():  # the oldest first
        if call.tenant == tenant.id and call.caller.person != person.id:
            for leg in ringing_legs(call):
                other = tenant.by_id.get(leg.party.person or "")
                meant = other is not None and (other.extension == extension if extension else other.id != person.id)
                if meant and may_pick_up(person, other):
                    return leg
    return None


def still(leg: Leg) -> Leg | None:
    """The same leg, while it rings."""
    return leg if leg in ringing_legs(leg.call) else None


def early(switch: Switch, tenant: Tenant, person: Person, request: Request) -> Leg | int | None:
    """The leg that rings of which an INVITE takes the place (RFC 3891 section 3), or the status that refuses it; None where
    it names none that rings. Raises SipError(400) for a malformed header."""
    value = request.first("replaces")
    if value is None:
        return None
    replaces = checked_replaces(value)
    for mine, theirs in ((replaces.to_tag, replaces.from_tag), (replaces.from_tag, replaces.to_tag)):
        leg = switch.dialogs.get(mine)
        invitation = leg.invitation if leg is not None else None
        if leg is None or invitation is None or invitation.request is None or leg.call.tenant != tenant.id:
            continue
        if (invitation.request.call_id, invitation.remote_tag or NO_TAG) != (replaces.call_id, theirs):
            continue
        if leg not in ringing_legs(leg.call):
            return 481
        allowed = "internal" in person.classes and may_pick_up(person, tenant.by_id.get(leg.party.person or ""))
        return leg if allowed else 403
    return None


class PickUp:
    """Somebody who picks up; `find` says which leg, as often as it is asked."""

    ringing = False
    kept = b""

    def __init__(self, journey: Journey, find: Callable[[], Leg | None]) -> None:
        self._journey = journey
        self._call = journey.call
        self._find = find

    def begin(self, happened: list[AnyEvent]) -> None:
        """Answered only where something rings."""
        if self._find() is None:
            self._journey.nobody(NOTHING_RINGS, None, happened)
            return
        if happened:
            self._call.switch.write(happened)
        self._journey.greet(self._greeted, self._journey.nobody)

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """Who picks up hung up, or talks in the other call now."""
        self._call.finish(by, refusal, happened)
        self._journey.side.refuse(refusal.status, refusal.reason)

    def _greeted(self, _guest: Guest) -> None:
        found, leg = self._find(), self._call.front
        if found is None or leg is None:
            self._journey.nobody(NOTHING_RINGS)
        else:
            found.call.guarded(_pick_up, found, leg)


class _Between(Still):
    """The caller whose call is picked up, until it is done."""

    def __init__(self, journey: Journey, picker: Call) -> None:
        super().__init__(journey.call, journey.side)
        self._journey = journey
        self._picker = picker

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller may have been answered meanwhile."""
        self.side = self._journey.side
        super().stop(by, refusal, happened)
        self._picker.guarded(self._picker.end, "system", refusal.reason)


def _pick_up(rung: Leg, leg: Leg) -> None:
    """`leg` takes the call for which `rung` rings."""
    from svara.calls.moves.adopt import adopt  # noqa: PLC0415 - moves know of stops
    from svara.calls.moves.move import Move  # noqa: PLC0415

    call, setup = rung.call, rung.call.setup
    assert isinstance(setup, Setup)  # noqa: S101 - see ringing_legs
    tenant = call.switch.office.by_tenant_id.get(call.tenant)
    person = tenant.by_id.get(rung.party.person or "") if tenant is not None else None
    target = f"person:{person.username}" if person is not None else ""
    journey = call.travels(setup.side, setup.passed, setup.plan)
    setup.withdraw(PICKED_UP, ELSEWHERE)
    before, picker = call.move, leg.call
    call.setup = _Between(journey, picker)
    if before is not None:
        before.reached()

    def failed(why: Refusal) -> None:
        if call.state == "setup":
            journey.way = ()
            journey.go(target, "not picked up")
        picker.guarded(picker.end, "system", why.reason)

    move = Move(call, leg.party, target, "pick-up")
    journey.greet(lambda _guest: adopt(call, leg, PICKED_UP, move, failed), failed)
