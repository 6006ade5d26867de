"""One side of a talk leaves it, the other stays as our guest and goes on from there.

The one who stays hears the company's music at once, without a word to its phone where what the phone was told holds; a phone
that was on hold, or of which nothing is known, is asked for a change of its session. Guarantees: without a voice process the
talk stays as it was; from the moment when the journal knows, a killed server goes on where the call was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from svara.calls.events import AnyEvent
from svara.calls.guest import NO_VOICE, Guest
from svara.calls.journey import Journey
from svara.calls.leg import VOICE, Leg
from svara.calls.moves.move import Move
from svara.calls.moves.parting import AGAIN_SECONDS, MAX_TRIES, OCCUPIED, OVER, Failed, part, settled
from svara.calls.resound import fits
from svara.calls.routing.route import Refusal
from svara.calls.silence import watch_guest
from svara.calls.stops import Still
from svara.calls.talks.music import company_music
from svara.calls.talks.seat import session, told
from svara.media.relay import RelayError
from svara.sip.message import SipError
from svara.sip.sdp import parse_sdp

if TYPE_CHECKING:
    from svara.calls.call import Call


def hold_out(call: Call, leg: Leg, then: Callable[[Guest], object], failed: Failed, move: Move) -> None:
    """`leg`, of a talk, stays in the call as its caller and is our guest; the other side leaves it (`call.leaving`).

    `then` gets the guest when it hears us, and sends the call on (`call.journey.go(move.to, ...)`); `failed` is told why the
    talk goes on as it was. One of the two is called, later or at once, unless the call ends before.
    """
    _Out(call, leg, then, failed, move).begin()


class _Out:
    def __init__(self, call: Call, leg: Leg, then: Callable[[Guest], object], failed: Failed, move: Move) -> None:
        self._call = call
        self._leg = leg
        self._then = then
        self._failed = failed
        self._move = move
        self._tries = 0
        self._asked_for = False
        self._guest: Guest | None = None
        self._local = b""
        """What the phone is going to be told, where nothing is known of it."""

    @property
    def _id(self) -> str:
        return f"{self._call.id}.{VOICE}"

    def begin(self) -> None:
        call, voice = self._call, self._call.switch.voice
        if call.state != "talking" or call.other(self._leg) is None:
            self._give_up(OVER)
        elif not settled(call):
            self._tries += 1
            if self._tries > MAX_TRIES:
                self._give_up(OCCUPIED)
            else:
                call.switch.clock.call_later(AGAIN_SECONDS, call.guarded, self.begin)
        elif self._asked_for:
            self._commit()
        elif voice is None or not voice.up:
            self._give_up(NO_VOICE)
        else:
            voice.offer(self._id, lambda result: call.guarded(self._offered, result))

    def _offered(self, result: bytes | RelayError) -> None:
        """Whether there is sound for who stays, before anything is touched."""
        if isinstance(result, RelayError):
            self._give_up(NO_VOICE)
        else:
            self._asked_for = True
            self._local = result
            self.begin()

    def _give_up(self, why: Refusal) -> None:
        call, voice = self._call, self._call.switch.voice
        if self._asked_for and voice is not None and self._id not in call.switch.guests:
            voice.close(self._id)
        if call.state != "ended":
            self._failed(why)

    def _commit(self) -> None:
        call, leg, switch = self._call, self._leg, self._call.switch
        happened: list[AnyEvent] = []
        over = part(call, leg, "transferred", happened)
        call.state = "setup"
        if call.relay is switch.direct:
            call.relay = switch.relay
        call.relay_used = True
        known = session(leg)
        guest = self._guest = Guest(call, leg, None, known, told(leg) if known else self._local)
        call.guest, call.move = guest, self._move
        call.journey = Journey(call, guest, [])
        call.journey.way = (self._move.to,)
        call.setup = Still(call, guest)
        call.save(self._move.event(), *happened)
        call.news("transferred")
        over()
        if not self._move.stays and call.leaving is not None:
            call.leaving.hang_up()
            call.leaving = None
        if call.state != "setup":
            return
        if known and both_ways(leg):
            where = leg.address
            call.relay.offer(call.id, leg.id, VOICE, known, self._led, from_address=where, to_address=where)
        else:
            self._ask()

    # --- the sound

    @property
    def _here(self) -> bool:
        return self._guest is not None and not self._guest.closed and self._call.guest is self._guest

    def _led(self, result: bytes | RelayError) -> None:
        voice = self._call.switch.voice
        if not self._here:
            return
        if isinstance(result, RelayError) or voice is None:
            self._ask()
        else:
            voice.open(self._id, result, self._opened)

    def _opened(self, result: bytes | RelayError) -> None:
        call, leg = self._call, self._leg
        if not self._here:
            return
        if isinstance(result, RelayError):
            self._ask()
        else:
            call.relay.answer(call.id, VOICE, leg.id, result, self._answered, to=leg.kind)

    def _answered(self, result: bytes | RelayError) -> None:
        guest = self._guest
        if not self._here or guest is None:
            return
        if isinstance(result, bytes) and fits(guest.local, result):
            self._stands()
        else:
            self._ask()

    def _ask(self) -> None:
        """By a change of the phone's session."""
        if self._guest is not None:
            self._guest.on_stands(self._stands)
            self._guest.reconnect()

    def _stands(self) -> None:
        call, guest = self._call, self._guest
        if not self._here or guest is None:
            return
        watch_guest(call)
        if call.leaving is not None:
            call.relay.free(call.id, (call.leaving.id,))
        guest.play((company_music(call),), loop=True, interruptible=False)
        call.save()
        call.guarded(self._then, guest)


def both_ways(leg: Leg) -> bool:
    """Whether neither the phone nor the other side had the sound of this leg stopped."""
    try:
        return all(parse_sdp(one).direction == "sendrecv" for one in (leg.described, leg.told))
    except SipError:
        return False
