"""A supervisor asks to take part in a talk: what stands against it, and their phones ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.call import Call
from svara.calls.commands import Answer, Done, Originated, Refused, Supervise
from svara.calls.events import Party
from svara.calls.ringing.originate import OwnPhones
from svara.calls.routing.dialling import Dialling
from svara.calls.routing.route import party
from svara.calls.routing.targets import Watch
from svara.calls.talks.supervision import (
    MOST,
    WORDS,
    Supervising,
    Supervision,
    language_for,
    queue_of,
)
from svara.media.sounds.phrases import phrase

if TYPE_CHECKING:
    from svara.calls.leg import Leg
    from svara.calls.switch import Switch
    from svara.people.office import Person, Queue, Tenant


def supervise(switch: Switch, request: Supervise) -> Answer:
    """Ring the supervisor's phones, change what they do in the talk, or let them leave it."""
    tenant, talk = switch.office.by_tenant_id.get(request.tenant), switch.calls.get(request.call)
    person = tenant.by_id.get(request.by) if tenant is not None else None
    if tenant is None or person is None or talk is None or talk.tenant != tenant.id or talk.state != "talking":
        return Refused("not-found", "there is no such talk")
    own = own_call(switch, talk, person)
    if request.how == "leave":
        if own is None:
            return Refused("not-found", "you take no part in that talk")
        own.guarded(own.end, "caller", "hung up")
        return Done()
    if own is not None and own.supervision is not None:
        if isinstance(own.setup, Supervising):
            own.guarded(own.setup.change, request.how)
        else:
            own.supervision.how = request.how
        return Originated(own.id)
    queue = queue_of(talk)
    if queue is None or queue.supervision == "off":
        return Refused("off", "talks of this queue are not supervised")
    refused = _against(switch, tenant, talk, person, queue)
    return refused or Originated(_ring(switch, talk, person, Supervision(talk.id, request.how), queue))


def own_call(switch: Switch, talk: Call, person: Person) -> Call | None:
    """The call by which somebody takes part in a talk, or is about to."""
    return next(
        (
            call
            for call in switch.calls.values()
            if call.supervision is not None and call.supervision.talk == talk.id and call.caller.person == person.id
        ),
        None,
    )


def _against(switch: Switch, tenant: Tenant, talk: Call, person: Person, queue: Queue) -> Refused | None:
    legs = [leg for leg in (talk.front, talk.back) if leg is not None]
    if person.id in {leg.party.person for leg in legs}:
        return Refused("own-call", "you are one of the two who talk")
    if talk.held_by:
        return Refused("on-hold", "the call is on hold")
    if len(talk.supervisors) >= MOST:
        return Refused("too-many", "enough others look after that talk")
    if switch.voice is None or not switch.voice.up:
        return Refused("unavailable", "no sound is available")
    said = {sound.file for leg in legs for sound in phrase(WORDS, language_for(tenant, leg.party))}
    if queue.supervision == "announced" and not all(map(switch.has_sound, said)):
        return Refused("no-words", "no local voice is installed, so nobody could be told")
    if not any(switch.registrar.bindings(phone.login) for phone in person.phones):
        return Refused("offline", "none of your phones is online")
    return None


def _ring(switch: Switch, talk: Call, person: Person, supervision: Supervision, queue: Queue) -> str:
    """Gives the id of the supervisor's own call."""
    callee = Party(number=queue.extension or queue.name, name=queue.name)
    call = Call(
        switch,
        switch.new_id(),
        tenant=talk.tenant,
        caller=party(person),
        dialled=callee.number,
        callee=callee,
        relay=switch.relay,
    )
    call.supervision = supervision
    target = f"supervision:{talk.id}"
    call.guarded(call.start, SupervisorPhones(call, person, lambda: Dialling(Watch(), callee, target)))
    return call.id


class SupervisorPhones(OwnPhones):
    """Rings the supervisor's own phones. Whoever picks up is a guest from the first sound on."""

    def connect(self, leg: Leg, sdp: bytes) -> None:
        """The phone described itself, and gets our description in the ACK."""
        self.go_on(PickedUp(leg, sdp))


class PickedUp:
    """A phone that picked up and waits for the answer to its offer: a `CallerSide`."""

    takes_early = False
    described = b""

    def __init__(self, leg: Leg, offer: bytes) -> None:
        self.leg = leg
        self.offer = offer
        self._answered = False

    def ringing(self, source: str, sdp: bytes = b"", status: int = 180) -> None:
        """It is in a talk already."""

    def answer(self, source: str, sdp: bytes) -> None:  # noqa: ARG002
        """The sound is there."""
        self._answered = True
        self.leg.acknowledge(1, sdp)

    def settle(self, sdp: bytes) -> None:
        """Never: the phone has made an offer."""
        raise AssertionError(sdp)

    def make_offer(self, sdp: bytes, answered: object) -> None:
        """Never: the phone has made an offer."""
        raise AssertionError(sdp, answered)

    def refuse(self, status: int, reason: str) -> None:
        """No sound comes of it."""
        if not self._answered:
            self.leg.acknowledge(1)
        self.leg.bye([("Reason", f'SIP;cause={status};text="{reason.capitalize()}"')])
