"""Click to call: the server rings a person's own phones first and then dials for them (RFC 3725, flow III).

The person's phone is asked for an offer, gets an answer without sound while the other side rings, and a re-INVITE with the
real one when somebody there picks up. From then on it is a call like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from svara.calls.call import Call
from svara.calls.events import AnyEvent, EndedBy, LegAnswered, LegEnded, LegOffered, LegRinging
from svara.calls.exchange import Asked, Exchange, Known, invite
from svara.calls.journey import Journey
from svara.calls.leg import Leg
from svara.calls.ringing.invitation import ELSEWHERE, Invitation
from svara.calls.ringing.setup import NO_SOUND
from svara.calls.ringing.tracks import open_legs
from svara.calls.routing.dialling import Dialling
from svara.calls.routing.route import NO_ANSWER, OFFLINE, RING_SECONDS, Refusal, party
from svara.calls.routing.verdict import RELAY_DOWN, meaning, verdict, words
from svara.calls.stops import CallerSide
from svara.calls.wait import Wait
from svara.media.relay import RelayError
from svara.people.office import Person
from svara.sip.bindings import Binding
from svara.sip.message import SipError
from svara.sip.sdp import inactive_offer, parse_sdp
from svara.sip.transport import Flow, FlowError

BUSY_SECONDS = 1.0
MOST_TRIES = 4
SILENCE = "s"
"""What stands at the other end of the person's phone, for the relay, until somebody picks up there."""


class Own:
    """The person's own phone that picked up, as the `CallerSide` of the rest of the set-up."""

    offer = b""
    takes_early = False

    def __init__(self, leg: Leg, described: bytes = b"") -> None:
        self.leg = leg
        self.described = described

    def ringing(self, source: str, sdp: bytes = b"", status: int = 180) -> None:
        """The phone is in a talk already; without a voice of ours it hears nothing of the ringing."""

    def answer(self, source: str, sdp: bytes) -> None:
        """Never: without an offer of ours there is no answer."""
        raise AssertionError(source, sdp)

    def make_offer(self, sdp: bytes, answered: Callable[[bytes], object]) -> None:
        """The other side picked up: the real description replaces the silent one. A phone that is still busy with that one
        (500 with Retry-After, RFC 3261 section 14.2), or changes it itself at this moment (491), is asked again."""
        cseq, tries, call = 0, 0, self.leg.call

        def ask() -> None:
            nonlocal cseq, tries
            tries += 1
            if not self.leg.down:
                cseq = invite(self.leg, sdp, got)

        def got(result: bytes | int) -> None:
            if isinstance(result, bytes):
                self.leg.acknowledge(cseq)
                self.leg.told, self.leg.gave = sdp, False
                answered(result)
            elif result in (491, 500) and tries < MOST_TRIES:
                seconds = self.leg.turn_seconds() if result == 491 else BUSY_SECONDS
                call.switch.clock.call_later(seconds, call.guarded, ask)
            else:
                answered(b"")

        ask()

    def settle(self, sdp: bytes) -> None:
        """A provider took what the phone had described: the phone describes itself once more, and gets that answer. Only the
        phone is asked, so the provider sees a call like any other."""
        call = self.leg.call
        back = call.back
        if back is not None:
            Exchange(call, Asked(self.leg), Known(back, sdp), lambda _status: call.end("system", NO_SOUND.reason)).start()

    def refuse(self, status: int, reason: str) -> None:
        """Nobody was reached."""
        self.leg.bye([("Reason", f'SIP;cause={status};text="{reason.capitalize()}"')])


class OwnPhones:
    """Rings the person's own phones; the first that picks up gets the call."""

    def __init__(
        self,
        call: Call,
        person: Person,
        then: Callable[[], Dialling],
        first: Callable[[Journey, Callable[[], None]], None] | None = None,
    ) -> None:
        """`then` decides, at the moment the person has picked up, what is dialled for them. `first` gets the call before
        that, and a function that goes on with it."""
        self.call = call
        self._person = person
        self._then = then
        self._first = first
        self._legs: list[Leg] = []
        self._refusals: list[Refusal] = []
        self._wait = Wait(call)
        self._leg: Leg | None = None
        self._described = b""

    ringing = False
    """The other side does not ring yet."""
    kept = b""

    def begin(self, happened: list[AnyEvent]) -> None:
        """Ring them all."""
        call, switch = self.call, self.call.switch
        found: list[tuple[Leg, Binding]] = []
        for phone in self._person.phones:
            for binding in switch.registrar.bindings(phone.login):
                to = party(self._person, phone.login)
                leg = Leg(switch, call, f"a{len(found) + 1}", "caller", party=to, tag=switch.new_tag())
                leg.invitation = Invitation(leg, self)
                found.append((leg, binding))
        self._legs = [leg for leg, _ in found]
        now = switch.clock.now()
        switch.write([*happened, *(LegOffered(call.id, now, leg=leg.id, to=leg.party) for leg in self._legs)])
        if not found:
            self._nobody()
            return
        self._wait.begin(RING_SECONDS, self._rang_out)
        for leg, binding in found:
            switch.reach(binding, partial(self._reached, leg, binding))

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """End without the person having picked up."""
        legs = open_legs(self._legs)
        now = self.call.switch.clock.now()
        happened += [LegEnded(self.call.id, now, leg=leg.id, status=487, reason=refusal.reason) for leg in legs]
        picked_up = self._leg
        self._over()
        self.call.finish(by, refusal, happened)
        for leg in legs:
            if leg.invitation is not None:
                leg.invitation.cancel()
                leg.invitation = None
        if picked_up is not None:
            picked_up.acknowledge(1)
            picked_up.bye()

    def _reached(self, leg: Leg, binding: Binding, flow: Flow | FlowError) -> None:
        invitation = leg.invitation
        if invitation is None or not invitation.open:
            return
        if isinstance(flow, FlowError):
            invitation.fail(503)
            return
        leg.use(flow)
        callee, own = self.call.callee, leg.party.number
        invitation.send(binding, (callee.name, callee.number), own, [], b"")

    # --- what the own phones say (see Invitation)

    def leg_ringing(self, leg: Leg, sdp: bytes, status: int) -> None:  # noqa: ARG002 - early sound has no use here
        if leg.invitation is not None and not leg.invitation.ringing:
            leg.invitation.ringing = True
            self.call.switch.write([LegRinging(self.call.id, self.call.switch.clock.now(), leg=leg.id)])

    def leg_failed(self, leg: Leg, status: int) -> None:
        now = self.call.switch.clock.now()
        self._refusals.append(meaning(status))
        self.call.switch.write([LegEnded(self.call.id, now, leg=leg.id, status=status, reason=words(status))])
        if not open_legs(self._legs):
            self._nobody()

    def leg_answered(self, leg: Leg, sdp: bytes) -> None:
        """The person picked up: now dial for them."""
        call, switch = self.call, self.call.switch
        self._over()
        others = open_legs(self._legs)
        now = switch.clock.now()
        happened: list[AnyEvent] = [LegAnswered(call.id, now, leg=leg.id, to=leg.party)]
        happened += [LegEnded(call.id, now, leg=one.id, status=487, reason="answered elsewhere") for one in others]
        switch.write(happened)
        for other in others:
            if other.invitation is not None:
                other.invitation.cancel(ELSEWHERE)
                other.invitation = None
        leg.invitation = None
        call.front = leg
        call.caller = leg.party
        self._leg = leg
        self.connect(leg, sdp)

    def connect(self, leg: Leg, sdp: bytes) -> None:
        """The phone described itself, and waits for our description in the ACK."""
        call = self.call
        self._described = sdp
        # What the phone hears until then is built by the relay too, so that it fits what the phone speaks.
        call.relay_used = True
        where = leg.address
        call.relay.offer(call.id, leg.id, SILENCE, sdp, self._silence, from_address=where, to_address=where)

    def _silence(self, offer: bytes | RelayError) -> None:
        call, leg = self.call, self._leg
        if call.setup is not self or leg is None:
            return
        try:
            if isinstance(offer, RelayError):
                raise SipError(500, offer.reason)
            silent = inactive_offer(parse_sdp(offer)).to_bytes()
        except SipError:
            self._silent(RelayError("no sound"))
            return
        call.relay.answer(call.id, SILENCE, leg.id, silent, self._silent, to=leg.kind)

    def _silent(self, answer: bytes | RelayError) -> None:
        call, leg = self.call, self._leg
        if call.setup is not self or leg is None:
            return
        failed = isinstance(answer, RelayError)
        leg.acknowledge(1, b"" if isinstance(answer, RelayError) else answer)
        own = Own(leg, self._described)
        if failed:
            call.journey = Journey(call, own, [])
            call.journey.end(RELAY_DOWN)
        else:
            self.go_on(own)

    def go_on(self, side: CallerSide) -> None:
        """The person's phone is `side` from now on."""
        journey = self.call.journey = Journey(self.call, side, [])
        if self._first is not None:
            self._first(journey, lambda: self._dial(journey))
        else:
            self._dial(journey)

    def _dial(self, journey: Journey) -> None:
        meant = self._then()
        journey.go(meant.target, "dialled", found=meant.found)

    def _rang_out(self) -> None:
        self._not_there(NO_ANSWER)

    def _nobody(self) -> None:
        self._not_there(verdict(self._refusals, OFFLINE))

    def _not_there(self, why: Refusal) -> None:
        self.stop("caller", Refusal(why.status, "failed", f"the caller's own phones: {why.reason}"), [])

    def _over(self) -> None:
        self._wait.end()
