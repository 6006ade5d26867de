"""The stop of somebody who speaks to a group: their phone is answered by the system, and phones of the group by themselves.

One call, and one record of it, however many hear it. Each phone gets a voice leg of its own that hears the speaker and is
heard by nobody. Guarantees: of a person one phone answers; a phone that hangs up, or is lost, ends nothing but its own part;
when the speaker hangs up, the time is over, the sound is lost or the server was restarted, every phone is hung up.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from svara.calls.events import AnyEvent, LegAnswered, LegEnded, LegOffered, LegRinging
from svara.calls.exchange import answer_with
from svara.calls.leg import ALLOW, Leg, sdp_of
from svara.calls.ringing.invitation import ELSEWHERE, Invitation
from svara.calls.routing.intercom import BY_ITSELF, NOBODY
from svara.calls.routing.paging import ANSWER_SECONDS, page
from svara.calls.routing.route import Refusal, party
from svara.calls.routing.verdict import words
from svara.calls.saved import SavedLeg, saved_leg
from svara.calls.stops.served import ANSWERED, SpokenTo
from svara.calls.wait import Wait
from svara.media.relay import RelayError
from svara.media.voice.port import Playing, Tone, VoiceEvent
from svara.sip.transport import FlowError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.routing.route import Step
    from svara.people.office import Person
    from svara.sip.bindings import Binding
    from svara.sip.transaction import ServerTransaction
    from svara.sip.transport import Flow

GATHER_SECONDS = 1.5
"""So long phones may take to answer before the speaker is told to speak; whoever comes later hears the rest."""
MAX_SECONDS = 180.0
"""A page that somebody forgot ends."""
MAX_PHONES = 100
"""Phones that are asked at once."""
FROM_HERE = Tone("beep")
"""What all hear when the speaker may speak, and who comes later when they come."""
OVER = "the page is over"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[SavedLeg, ...]).decode


class Listener:
    """One phone that answers by itself, or is asked to; an `Inviter`, and who takes what the phone asks in its dialog."""

    def __init__(self, paging: Paging, leg: Leg) -> None:
        self.paging = paging
        self.leg = leg
        self.side = f"m{leg.id}"
        """The other end of its sound, for the relay."""
        self.voice_leg = f"{leg.call.id}.{self.side}"
        self.hears = False
        self.offered = False
        """The relay has something for it."""

    # --- the way to it

    def ask(self, binding: Binding) -> None:
        """Have a voice leg made for it, and the phone rung."""
        voice = self.leg.call.switch.voice
        if voice is not None:
            voice.offer(self.voice_leg, partial(self._voiced, binding))

    @property
    def _open(self) -> bool:
        return self.leg.invitation is not None and self.leg.invitation.open

    def _voiced(self, binding: Binding, result: bytes | RelayError) -> None:
        if not self._open:
            return
        if isinstance(result, RelayError):
            self._fail()
        else:
            self.leg.call.switch.reach(binding, partial(self._reached, binding, result))

    def _reached(self, binding: Binding, sdp: bytes, flow: Flow | FlowError) -> None:
        leg, call = self.leg, self.leg.call
        if not self._open:
            return
        if isinstance(flow, FlowError):
            self._fail(503)
            return
        leg.use(flow)
        self.offered = True
        call.relay.offer(
            call.id,
            self.side,
            leg.id,
            sdp,
            partial(self._described, binding),
            to=leg.kind,
            from_address=leg.address,
            to_address=leg.address,
        )

    def _described(self, binding: Binding, result: bytes | RelayError) -> None:
        leg, call = self.leg, self.leg.call
        if not self._open or leg.invitation is None:
            return
        if isinstance(result, RelayError):
            self._fail()
            return
        leg.told = result
        passed = [*self.paging.journey.passed, *BY_ITSELF]
        leg.invitation.send(binding, (call.caller.name, call.caller.number), leg.party.number, passed, result)

    def _fail(self, status: int = 0) -> None:
        if self.leg.invitation is not None:
            self.leg.invitation.fail(status)

    # --- what the phone says (see `Inviter`)

    def leg_ringing(self, leg: Leg, sdp: bytes, status: int) -> None:  # noqa: ARG002 - it is not heard
        """It rings, or is about to answer."""
        if leg.invitation is not None and not leg.invitation.ringing:
            leg.invitation.ringing = True
            leg.call.switch.write([LegRinging(leg.call.id, leg.call.switch.clock.now(), leg=leg.id)])

    def leg_answered(self, leg: Leg, sdp: bytes) -> None:
        """It is there."""
        leg.invitation = None
        leg.described = sdp
        call = leg.call
        if not sdp or not self.paging.answered(self):
            self.paging.hang_up(self, OVER)
        else:
            call.relay.answer(call.id, leg.id, self.side, sdp, self._connected)

    def _connected(self, result: bytes | RelayError) -> None:
        voice = self.leg.call.switch.voice
        if self.leg.down:
            return
        if isinstance(result, RelayError) or voice is None:
            self.paging.hang_up(self, "no sound is available")
            return
        voice.answered(self.voice_leg, result)
        self.hears = True
        self.paging.listens(self)

    def leg_failed(self, leg: Leg, status: int) -> None:
        """It does not want to, or cannot be reached."""
        leg.invitation = None
        self.paging.gone(self, status or 503, words(status or 503))

    # --- what the phone asks for

    def in_dialog(self, transaction: ServerTransaction) -> None:
        """It may hang up; its sound stays as it is."""
        leg, request = self.leg, transaction.request
        if leg.dialog is None or not leg.dialog.accepts(request):
            transaction.reply(500, headers=(("Retry-After", "2"),))
            return
        leg.heard(transaction.flow)
        match request.method:
            case "BYE":
                leg.hung_up()
                transaction.reply(200)
                self.paging.gone(self, 200, "hung up")
            case "UPDATE" if not sdp_of(request):
                if leg.timer_fits(transaction):
                    leg.dialog.refresh_target(request)
                    answer_with(leg, transaction, b"")
            case "INVITE" | "UPDATE":
                transaction.reply(488)
            case "OPTIONS" | "INFO":
                transaction.reply(200, headers=(("Allow", ALLOW),))
            case "REFER":
                transaction.reply(603)
            case _:
                transaction.reply(405, headers=(("Allow", ALLOW),))


class Paging(SpokenTo):
    """Somebody who speaks to a group. `steps` are the people and their phones."""

    def __init__(self, journey: Journey, person: Person, steps: Sequence[Step], kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self._person = person
        self._steps = steps
        self._phones: dict[str, Listener] = {}
        """By their legs' ids: those that are asked still, or hear it."""
        self._gather = Wait(self.call)
        self._asked = Wait(self.call)
        self._speaking = False
        self._was = bool(kept)
        """A server before this one had asked the phones."""

    @property
    def listener(self) -> Person:
        """Who dialled."""
        return self._person

    def serve(self, guest: Guest) -> None:  # noqa: ARG002 - it is `self.guest`
        """The speaker is there: ask the phones."""
        if self._was:
            self._restarted()
            return
        switch, now = self.call.switch, self.call.switch.clock.now()
        wanted: list[tuple[Listener, Binding]] = []
        for step in self._steps:
            for phone in step.phones:
                for binding in switch.registrar.bindings(phone.login):
                    if len(wanted) < MAX_PHONES:
                        wanted.append((self._phone(step.person, phone.login), binding))
        switch.write([LegOffered(self.call.id, now, leg=one.leg.id, to=one.leg.party) for one, _ in wanted])
        self._gather.begin(GATHER_SECONDS, self._speak)
        self._asked.begin(ANSWER_SECONDS, self._late)
        for one, binding in wanted:
            one.ask(binding)
        if not wanted:
            self.goodbye("nobody-available")

    def _phone(self, person: Person, login: str) -> Listener:
        call = self.call
        call.legs_rung += 1
        name = f"b{call.legs_before + call.legs_rung}"
        leg = Leg(call.switch, call, name, "callee", party=party(person, login), tag=call.switch.new_tag())
        leg.keeper = one = Listener(self, leg)
        leg.invitation = Invitation(leg, one)
        self._phones[name] = one
        call.switch.guests[one.voice_leg] = self
        return one

    # --- who hears it

    def answered(self, one: Listener) -> bool:
        """A phone answered: the others of the same person need not. False where nobody speaks any more."""
        call, person = self.call, one.leg.party.person
        if self.guest is None or self.guest.closed or one.leg.id not in self._phones:
            return False
        call.switch.write([LegAnswered(call.id, call.switch.clock.now(), leg=one.leg.id, to=one.leg.party)])
        for other in list(self._phones.values()):
            if other is not one and other.leg.party.person == person:
                self._leave_alone(other, "answered elsewhere")
        return True

    def listens(self, one: Listener) -> None:
        """A phone hears what is said."""
        call = self.call
        voice = call.switch.voice
        call.switch.news.count(one.leg.party.person, talking=1)
        if voice is not None and self.guest is not None:
            voice.hears(one.voice_leg, (self.guest.id,))
            if self._speaking:
                voice.play(one.voice_leg, Playing("1", (FROM_HERE,)))
        self._keep()
        self._look()

    def gone(self, one: Listener, status: int, reason: str) -> None:
        """A phone is not there, or not any more."""
        call = self.call
        if self._phones.pop(one.leg.id, None) is None:
            return
        call.switch.write([LegEnded(call.id, call.switch.clock.now(), leg=one.leg.id, status=status, reason=reason)])
        self._silence(one)
        self._keep()
        self._look()

    def hang_up(self, one: Listener, reason: str) -> None:
        """This phone is not needed."""
        one.leg.bye()
        self.gone(one, 200, reason)

    def _leave_alone(self, one: Listener, reason: str) -> None:
        """This phone is not asked any more."""
        invitation, one.leg.invitation = one.leg.invitation, None
        if invitation is not None:
            invitation.cancel(ELSEWHERE)  # nobody missed a call
        self.gone(one, 487, reason)

    def _silence(self, one: Listener) -> None:
        call = self.call
        call.switch.guests.pop(one.voice_leg, None)
        if one.hears:
            one.hears = False
            call.switch.news.count(one.leg.party.person, talking=-1)
        if call.switch.voice is not None:
            call.switch.voice.close(one.voice_leg)
        if one.offered and call.state != "ended":
            call.relay.free(call.id, (one.leg.id, one.side))

    def _late(self) -> None:
        """Whoever has not answered by itself does not want to."""
        for one in [one for one in self._phones.values() if one.leg.invitation is not None]:
            self._leave_alone(one, "no answer")

    def _look(self) -> None:
        """Speak as soon as all are there; end where nobody is, or is any more."""
        if self.guest is None or self.guest.closed or self.call.setup is not self:
            return
        if not self._phones:
            self.goodbye("nobody-available") if not self._speaking else self.over()
        elif all(one.hears for one in self._phones.values()):
            self._speak()

    def _speak(self) -> None:
        """The speaker may begin."""
        voice, hearing = self.call.switch.voice, [one for one in self._phones.values() if one.hears]
        if self._speaking or not hearing or self.guest is None or voice is None:
            return
        self._speaking = True
        self.guest.play((FROM_HERE,), interruptible=False)
        for one in hearing:
            voice.play(one.voice_leg, Playing("1", (FROM_HERE,)))
        self._gather.begin(MAX_SECONDS, self.over)

    # --- what happens to the sound (as a guest's, see `Switch.guests`)

    def heard(self, event: VoiceEvent) -> None:
        """Keys of those who listen mean nothing."""

    def reconnect(self) -> None:
        """The voice process was restarted, or the relay: nobody hears anything any more."""
        self.over()

    # --- the end

    def _keep(self) -> None:
        """A server that is restarted hangs up those who hear it."""
        if self.call.setup is self and self.guest is not None and not self.guest.closed:
            there = tuple(saved_leg(one.leg) for one in self._phones.values() if one.leg.dialog is not None)
            self.kept = _encode(there) if there else ANSWERED
            self.call.save()

    def _restarted(self) -> None:
        from svara.calls.recovery import restored_leg  # noqa: PLC0415 - recovery knows of stops

        for state in _decode(self.kept) if self.kept != ANSWERED else ():
            restored_leg(self.call.switch, self.call, "callee", state).bye()
        self.over()

    def leave(self) -> None:
        """Nobody speaks any more: hang up everybody."""
        self._gather.end()
        self._asked.end()
        phones, self._phones = list(self._phones.values()), {}
        now, ended = self.call.switch.clock.now(), list[AnyEvent]()
        for one in phones:
            ended.append(LegEnded(self.call.id, now, leg=one.leg.id, status=200 if one.hears else 487, reason=OVER))
        if ended:
            self.call.switch.write(ended)
        for one in phones:
            invitation, one.leg.invitation = one.leg.invitation, None
            if invitation is not None:
                invitation.cancel(ELSEWHERE)
            else:
                one.leg.bye()
            self._silence(one)


def paging(journey: Journey, person: Person, dialled: str, kept: bytes) -> Paging | Refusal:
    """The stop of `person`, who dialled the code with this behind it; or why there is none."""
    tenant = journey.tenant
    if kept:
        return Paging(journey, person, (), kept)
    if tenant is None:
        return NOBODY
    steps = page(tenant, person, dialled, journey.call.switch.moment())
    return steps if isinstance(steps, Refusal) else Paging(journey, person, steps)
